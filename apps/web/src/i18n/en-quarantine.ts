import type { Wording } from './wording.js';

/** The words of what was set aside, in English. Fetched with the first of its screens. */
export const enQuarantine = {
  error: {
    cannot_release: 'This cannot be let in: nothing in it can be shown. Save it, or try again.',
  },
  quarantine: {
    tabs: 'What was set aside',
    tabConversations: 'Senders not proven',
    tabUnreadable: 'Could not be read',
    emptyTitle: 'Nothing is in quarantine',
    emptyHelp: 'Mail that is not from whom it says comes here, to be let in or deleted. It tells nobody and is in no other list.',
    help: 'What came in and could not be taken in. Nothing of it is lost: try again, let it in with its raw mail as a file, or save it.',
    unreadableEmptyTitle: 'Everything could be read',
    unreadableEmptyHelp:
      'A mail that is too large, broken, or an answer of a machine to something we never sent is set aside here, with the reason and its raw bytes.',
    table: 'Set aside',
    select: 'Choose {{what}}',
    selectAll: 'Choose all of these',
    chosen_one: '{{count}} chosen',
    chosen_other: '{{count}} chosen',
    noHeader: 'Nothing of its header can be read',
    noSubject: 'No subject',
    retry: 'Try again',
    retryOf: 'Try again: {{what}}',
    release: 'Let in',
    releaseOf: 'Let in: {{what}}',
    save: 'Save',
    saveOf: 'Save: {{what}}',
    delete: 'Delete',
    deleteOf: 'Delete: {{what}}',
    deleteTitle_one: 'Delete what was set aside?',
    deleteTitle_other: 'Delete {{count}} of what was set aside?',
    deleteHelp: 'Its bytes are erased for good. This cannot be undone.',
    retried_one: 'It is read once more.',
    retried_other: '{{count}} are read once more.',
    released_one: 'It is in the inbox now.',
    released_other: '{{count}} are in the inbox now.',
    deleted_one: 'It is deleted.',
    deleted_other: '{{count}} are deleted.',
    notAll: 'Not all of it was done: {{reason}}',
    more: 'Show older ones',
    open: 'Open the conversation',
  },
  quarantineCode: {
    too_large: 'Larger than 50 MB. Ask the sender to send the files another way.',
    too_many_parts: 'Made of more parts than any mail program makes. Save it to look into it.',
    header_too_large: 'Its header is larger than any mail program makes it. Save it to look into it.',
    too_slow: 'Reading it took longer than 20 seconds. Try again, or let it in to have it in a conversation as a file.',
    broken: 'It could not be read. Let it in to have it in a conversation as a file.',
    not_storable: 'It was read, but storing it failed three times. Try again, or let it in to have it in a conversation as a file.',
    reader_died: 'The program ended each time it read this. Save it to look into it, or let it in as a file.',
    no_mailbox: 'The mailbox it came to is no longer there.',
    not_fetched: 'The mail server did not hand it out, three times. What is known of it stands above.',
    flood: 'This sender sent more than 60 mails within 10 minutes. Try again to let this one through, or delete them all.',
    unmatched_bounce: 'A mail server says that a mail was not delivered, but does not prove that it was one of ours. It may be forged.',
    unmatched_report: 'A machine reports on a mail, but does not prove that it was one of ours. It may be forged.',
    agent_mail_unproven:
      'Somebody wrote to a colleague’s answering address without proving to be that colleague. Nothing was sent. Colleagues answer from their own address, signed by its domain (DKIM).',
    not_json: 'What came in is not of the form that was agreed.',
  },
} as const;

/** What every language must have of these. */
export type QuarantineWords = Wording<typeof enQuarantine>;
