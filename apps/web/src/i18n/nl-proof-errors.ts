import type { ProofErrorWords } from './en-proof-errors.js';

/** Why a factor, a password or a link was not accepted, in Dutch. */
export const nlProofErrors: ProofErrorWords = {
  error: {
    wrong_factor: 'Dat klopt niet, of het is al gebruikt.',
    proof_missing: 'Geef een code of een passkey.',
    fresh_factor_required: 'Er is niets gewijzigd: het moet duidelijk zijn dat jij het bent.',
    full_proof_required: 'Er is niets gewijzigd: het moet duidelijk zijn dat jij het bent.',
    no_second_factor: 'Stel eerst een app of een passkey in. Herstelcodes komen daarvoor in de plaats.',
    second_factor_required: 'Nog één stap: een code van je app, een herstelcode of een passkey.',
    busy: 'Er wordt te veel tegelijk gevraagd. Probeer het zo nog eens.',
    second_factor_demanded: 'Je team vraagt om een tweede factor. Voeg eerst een andere toe.',
    app_already_set_up: 'Er is al een app ingesteld. Verwijder die eerst.',
    already_known: 'Deze passkey is al toegevoegd.',
    too_many_passkeys: 'Verwijder eerst een passkey voor je er een toevoegt.',
    passkey_not_used: 'De passkey is niet gebruikt.',
    passkeys_need_a_name: 'Passkeys werken niet op een adres van cijfers.',
    weak_password: 'Dit wachtwoord is makkelijk te raden. Een paar woorden achter elkaar die niet bij elkaar horen is sterk.',
    password_of_known_words: 'Dit wachtwoord bestaat uit je naam, je adres of je bedrijf. Voeg woorden toe die niemand verwacht.',
    installation_cannot_mail: 'Deze installatie kan geen mail verzenden. Vraag het wie haar beheert.',
    address_taken: 'Een collega heeft dit adres.',
    not_your_address: 'Dit is niet het adres van dit account.',
    link_gone: 'Deze link is al gebruikt, vervangen of te oud.',
    must_enrol: 'Stel eerst een tweede factor in.',
  },
};
