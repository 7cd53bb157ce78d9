import type { Wording } from './wording.js';

/** The words of the sheet of shortcuts, in English. Fetched with the sheet. */
export const enKeyboard = {
  keyboard: {
    title: 'Keyboard shortcuts',
    group_move: 'Move',
    group_act: 'Act',
    group_help: 'Help',
    next: 'Next conversation',
    previous: 'Previous conversation',
    open: 'Open the conversation',
    back: 'Back to the list',
    goMine: 'Go to Mine',
    goUnassigned: 'Go to Unassigned',
    goAll: 'Go to All open',
    goQuarantine: 'Go to Quarantine',
    reply: 'Write a reply',
    note: 'Write a note',
    quote: 'Reply to the contact’s last message, quoting it',
    forward: 'Forward the contact’s last mail',
    send: 'Send what you wrote',
    close: 'Close and go to the next',
    assignToMe: 'Assign to me',
    merge: 'Merge with the conversation it may belong to',
    undo: 'Undo what you just did',
    details: 'Show or hide details',
    help: 'All shortcuts',
    lock: 'Lock the screen',
    leave: 'Leave the text field, close a dialog',
    off: 'Single keys are switched off in this browser.',
    then: 'then',
  },
} as const;

/** What every language must have of these. */
export type KeyboardWords = Wording<typeof enKeyboard>;
