import type { Wording } from './wording.js';

/** Why a factor, a password or a link was not accepted, in English. */
export const enProofErrors = {
  error: {
    wrong_factor: 'That is not right, or was used before.',
    proof_missing: 'Give a code or a passkey.',
    fresh_factor_required: 'Nothing was changed: it has to be clear that it is you.',
    full_proof_required: 'Nothing was changed: it has to be clear that it is you.',
    no_second_factor: 'Set up an app or a passkey first. Recovery codes stand in for those.',
    second_factor_required: 'One more step: a code of your app, a recovery code, or a passkey.',
    busy: 'Too much is asked at once. Try again in a moment.',
    second_factor_demanded: 'Your team asks for a second factor. Add another one before you remove this.',
    app_already_set_up: 'An app is set up already. Remove it first.',
    already_known: 'This passkey is added already.',
    too_many_passkeys: 'Remove a passkey before you add another.',
    passkey_not_used: 'The passkey was not used.',
    passkeys_need_a_name: 'Passkeys do not work at an address of digits.',
    weak_password: 'This password is easy to guess. A few words in a row that do not belong together are strong.',
    password_of_known_words: 'This password is made of your name, your address or your business. Add words that nobody would expect.',
    installation_cannot_mail: 'This installation cannot send mail. Ask who runs it.',
    address_taken: 'A colleague has this address.',
    not_your_address: 'This is not the address of this account.',
    link_gone: 'This link has been used, replaced or is too old.',
    single_sign_on_required: 'Your team signs in with its provider. Use the sign-in link of your team.',
    bad_state: 'This was not begun in this browser, or it was used already. Begin again.',
    expired_state: 'This took too long. Begin again.',
    access_denied: 'The provider did not let you through, so nothing was changed.',
    provider_refused: 'The provider ended this. Begin again; when it happens again, an admin of your team should look at the provider.',
    provider_unavailable: 'The provider does not answer right now. Try again in a moment, or come in another way.',
    answer_not_believed: 'What the provider answered could not be believed, so nobody was let in. Begin again.',
    not_connected: 'No account here is connected with this identity. Sign in as before, and connect it on your account page.',
    address_not_verified: 'The provider vouches for no address of your team’s. Ask for an invitation.',
    address_of_another: 'Somebody here has this address already. If it is you: sign in as before, and connect this on your account page.',
    no_role_for_you: 'Your groups at the provider give you no role here. Ask an admin of your team.',
    identity_taken: 'This identity belongs to another account here. Sign in to that one instead.',
    identity_of_another: 'At the provider you are somebody else than here. Sign in there as yourself.',
    own_factor_asked: 'You have a factor of your own here. Give that one.',
    only_way_in: 'You have no other way in. Add a passkey or set a password first.',
    session_locked: 'This session is locked. Unlock it first.',
    must_enrol: 'Set up a second factor first.',
  },
} as const;

/** What every language must have of these. */
export type ProofErrorWords = Wording<typeof enProofErrors>;
