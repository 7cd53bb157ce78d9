import type { RareWords } from './en-rare.js';

export { nlKeyboard } from './nl-keyboard.js';

/** The words of what seldom stands in a conversation, in Dutch. */
export const nlRare: RareWords = {
  referral: {
    came_link: 'Kwam via een link van de pagina',
    came_linkRef: 'Kwam via de link “{{ref}}”',
    came_ad: 'Kwam via een advertentie',
    came_adTitle: 'Kwam via de advertentie “{{title}}”',
    came_code: 'Kwam via een Messenger-code',
    came_plugin: 'Kwam via de chat op een website',
    came_discover: 'Kwam via Ontdekken',
    came_other: 'Kwam van elders op Facebook',
    came_unknown: 'Kwam via een link',
    back_link: 'Kwam terug via een link van de pagina',
    back_linkRef: 'Kwam terug via de link “{{ref}}”',
    back_ad: 'Kwam terug via een advertentie',
    back_adTitle: 'Kwam terug via de advertentie “{{title}}”',
    back_code: 'Kwam terug via een Messenger-code',
    back_plugin: 'Kwam terug via de chat op een website',
    back_discover: 'Kwam terug via Ontdekken',
    back_other: 'Kwam terug van elders op Facebook',
    back_unknown: 'Kwam via een link terug in het gesprek',
    open: 'Openen',
  },
  rare: {
    earlier: 'Wat er eerst stond',
    earlierFrom: 'vanaf {{time}}',
    unsentBy: '{{name}} nam dit bericht terug',
    unsentShow: 'Tonen',
    unsentHide: 'Verbergen',
    unsentNothing: 'Er is niets van bewaard.',
    removedBy: '{{name}} of Facebook haalde deze reactie weg',
    unsupported: '{{name}} stuurde iets wat hier niet getoond kan worden: {{what}}.',
    unsupportedOut: 'Er is iets verstuurd wat hier niet getoond kan worden: {{what}}.',
    openPageInbox: 'Inbox van de pagina openen',
  },
  unsupported: {
    message_unsupported: 'een soort bericht die Facebook niet aan andere inboxen doorgeeft',
    message_empty: 'een leeg bericht',
    message_deleted: 'een bericht dat teruggenomen is',
    message_edit: 'een wijziging van een bericht',
    reaction: 'een reactie met een emoji',
    order: 'een bestelling',
    feedback: 'een feedbackformulier',
    form: 'een formulier',
    account_linking: 'het koppelen van een account',
    unknown: 'onbekende soort',
  },
};
