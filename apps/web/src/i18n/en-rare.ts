import type { Wording } from './wording.js';

export { enKeyboard } from './en-keyboard.js';

/** The words of what seldom stands in a conversation: how somebody came, what cannot be shown, in English. Fetched with the first such line. */
export const enRare = {
  referral: {
    came_link: 'Came by a link of the page',
    came_linkRef: 'Came by the link “{{ref}}”',
    came_ad: 'Came from an ad',
    came_adTitle: 'Came from the ad “{{title}}”',
    came_code: 'Came by a Messenger code',
    came_plugin: 'Came from the chat on a website',
    came_discover: 'Came from the Discover tab',
    came_other: 'Came from elsewhere on Facebook',
    came_unknown: 'Came by a link',
    back_link: 'Came back by a link of the page',
    back_linkRef: 'Came back by the link “{{ref}}”',
    back_ad: 'Came back from an ad',
    back_adTitle: 'Came back from the ad “{{title}}”',
    back_code: 'Came back by a Messenger code',
    back_plugin: 'Came back from the chat on a website',
    back_discover: 'Came back from the Discover tab',
    back_other: 'Came back from elsewhere on Facebook',
    back_unknown: 'Came back to the conversation by a link',
    open: 'Open it',
  },
  rare: {
    earlier: 'What it said before',
    earlierFrom: 'from {{time}}',
    unsentBy: '{{name}} took this message back',
    unsentShow: 'Show',
    unsentHide: 'Hide',
    unsentNothing: 'Nothing of it was kept.',
    removedBy: '{{name}} removed this comment, or Facebook did',
    unsupported: '{{name}} sent something that cannot be shown here: {{what}}.',
    unsupportedOut: 'Something was sent that cannot be shown here: {{what}}.',
    openPageInbox: 'Open the page’s inbox',
  },
  unsupported: {
    message_unsupported: 'a kind of message that Facebook does not pass on to other inboxes',
    message_empty: 'an empty message',
    message_deleted: 'a message that was taken back',
    message_edit: 'a change of a message',
    reaction: 'a reaction',
    order: 'an order',
    feedback: 'a feedback form',
    form: 'a form',
    account_linking: 'the linking of an account',
    unknown: 'kind unknown',
  },
} as const;

/** What every language must have of these. */
export type RareWords = Wording<typeof enRare>;
