import type { Wording } from './wording.js';

export { enProofErrors } from './en-proof-errors.js';

/** The words of coming in: signing in, setting up, being invited, in English. Fetched with the first of their screens. */
export const enEntrance = {
  signIn: {
    title: 'Sign in',
    email: 'E-mail address',
    password: 'Password',
    submit: 'Sign in',
    chooseTitle: 'Which tenant?',
    chooseHelp: 'You work for more than one. Choose where you want to go.',
    other: 'Sign in as somebody else',
    withPasskey: 'Sign in with a passkey',
    usePasskey: 'Use a passkey',
    forgot: 'Forgot your password?',
    secondTitle: 'One more step',
    secondHelp: 'Your password is right. Now prove that you have what belongs to it.',
    code: 'Code of your app',
    codeHelp: 'Six digits, or one of your recovery codes.',
    recoveryCode: 'Recovery code',
    pitch: 'Every customer’s message in one calm window, and an honest date on everything it keeps.',
  },
  setup: {
    title: 'Set up Omnidesk',
    help: 'This installation is new. Name the business that will use it, and its first owner: you.',
    tenantName: 'Name of the business',
    name: 'Your name',
    email: 'Your e-mail address',
    password: 'Password',
    passwordHelp: 'At least {{count}} characters. A few words in a row are strong and easy to keep.',
    submit: 'Start',
  },
  invitation: {
    title: 'Welcome to {{tenant}}',
    help: 'You were invited as {{email}}. Choose a password and you are in.',
    name: 'Your name',
    password: 'Password',
    submit: 'Join',
    invalidTitle: 'This invitation cannot be used',
    invalidHelp: 'It was used before, has expired, or the link is not complete. Ask for a new one.',
    toSignIn: 'Go to sign in',
  },
  forgot: {
    title: 'Forgot your password?',
    help: 'Give your address. If it is known here, a mail with a link is on its way.',
    submit: 'Send a link',
    sentTitle: 'Look in your mailbox',
    sentHelp: 'If this address is known here, a mail with a link is on its way. It works once, for one hour.',
    back: 'Back to sign in',
  },
  reset: {
    title: 'A new password',
    help: 'For {{email}} at {{tenant}}. Every session ends; a second factor stays.',
    password: 'New password',
    submit: 'Set password',
    doneTitle: 'Your password is set',
    doneHelp: 'Sign in with it now.',
    invalidTitle: 'This link cannot be used',
    invalidHelp: 'It was used before, has expired, or is not complete. Ask for a new one.',
  },
  confirmAddress: {
    title: 'Is this your address?',
    help: 'Confirm that you read this mailbox and agree with the change.',
    submit: 'Yes, confirm',
    halfTitle: 'Confirmed',
    halfHelp: 'The other address is asked too. Once it says yes, the address changes.',
    doneTitle: 'The address is changed',
    doneHelp: 'From now on you sign in with the new address.',
  },
} as const;

/** What every language must have of these. */
export type EntranceWords = Wording<typeof enEntrance>;
