import type { EntranceWords } from './en-entrance.js';

/** The words of coming in: signing in, setting up, being invited, in Dutch. */
export const nlEntrance: EntranceWords = {
  signIn: {
    title: 'Aanmelden',
    email: 'E-mailadres',
    password: 'Wachtwoord',
    submit: 'Aanmelden',
    chooseTitle: 'Welk bedrijf?',
    chooseHelp: 'Je werkt voor meer dan één bedrijf. Kies waar je heen wilt.',
    other: 'Als iemand anders aanmelden',
    pitch: 'Alle berichten van klanten in één rustig venster, met een eerlijke datum op alles wat bewaard wordt.',
  },
  setup: {
    title: 'Omnidesk inrichten',
    help: 'Deze installatie is nieuw. Vul in welk bedrijf ermee gaat werken, en wie de eerste eigenaar is: jij.',
    tenantName: 'Naam van het bedrijf',
    name: 'Jouw naam',
    email: 'Jouw e-mailadres',
    password: 'Wachtwoord',
    passwordHelp: 'Minstens {{count}} tekens. Een paar woorden achter elkaar is sterk en goed te onthouden.',
    submit: 'Beginnen',
  },
  invitation: {
    title: 'Welkom bij {{tenant}}',
    help: 'Je bent uitgenodigd als {{email}}. Kies een wachtwoord en je bent binnen.',
    name: 'Jouw naam',
    password: 'Wachtwoord',
    submit: 'Meedoen',
    invalidTitle: 'Deze uitnodiging werkt niet',
    invalidHelp: 'De uitnodiging is al gebruikt of verlopen, of de link is niet compleet. Vraag om een nieuwe.',
    toSignIn: 'Naar aanmelden',
  },
};
