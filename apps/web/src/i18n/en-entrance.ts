import type { Wording } from './wording.js';

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
} as const;

/** What every language must have of these. */
export type EntranceWords = Wording<typeof enEntrance>;
