import type { KeyboardWords } from './en-keyboard.js';

/** The words of the sheet of shortcuts, in Dutch. */
export const nlKeyboard: KeyboardWords = {
  keyboard: {
    title: 'Sneltoetsen',
    group_move: 'Navigeren',
    group_act: 'Acties',
    group_help: 'Hulp',
    next: 'Volgend gesprek',
    previous: 'Vorig gesprek',
    open: 'Het gesprek openen',
    back: 'Terug naar de lijst',
    goMine: 'Naar Van mij',
    goUnassigned: 'Naar Niet toegewezen',
    goAll: 'Naar Alle open',
    goQuarantine: 'Naar Quarantaine',
    reply: 'Antwoord schrijven',
    note: 'Notitie schrijven',
    quote: 'Op het laatste bericht van de klant antwoorden, met aanhaling',
    forward: 'De laatste mail van de klant doorsturen',
    send: 'Versturen wat je schreef',
    close: 'Sluiten en naar het volgende',
    assignToMe: 'Aan mij toewijzen',
    merge: 'Samenvoegen met het gesprek waar het misschien bij hoort',
    undo: 'Ongedaan maken wat je net deed',
    details: 'Details tonen of verbergen',
    help: 'Alle sneltoetsen',
    lock: 'Het scherm vergrendelen',
    leave: 'Het tekstveld verlaten, een venster sluiten',
    off: 'Losse toetsen zijn in deze browser uitgezet.',
    then: 'dan',
  },
};
