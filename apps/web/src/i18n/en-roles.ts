import type { Wording } from './wording.js';

/** The words of roles and teams, in English. Fetched with the page of people. */
export const enRoles = {
  roles: {
    title: 'Roles',
    help: 'A role says what somebody may do. Four ship; make others for what your team needs.',
    shipped: 'ships',
    agents_one: '{{count}} person',
    agents_other: '{{count}} people',
    add: 'Make a role',
    edit: 'Change',
    editOf: 'Change the role {{name}}',
    name: 'Name',
    allows: 'It allows to',
    notYours: 'You do not have this yourself, so you cannot give it.',
    save: 'Save',
    remove: 'Delete',
    removeOf: 'Delete the role {{name}}',
    saved: 'The role {{name}} is saved. It holds from now on.',
    removed: 'The role {{name}} is deleted.',
  },
  teams: {
    title: 'Teams',
    help: 'A page or mailbox that is given to a team is seen by its people alone, and by whoever manages connections. What is in no team is everybody’s.',
    none: 'No teams yet. Everybody sees every page and mailbox.',
    add: 'Make a team',
    edit: 'Change',
    editOf: 'Change the team {{name}}',
    name: 'Name',
    people: 'People',
    nobody: 'nobody yet',
    connections: 'Pages and mailboxes',
    everything: 'none of its own',
    save: 'Save',
    remove: 'Delete',
    removeOf: 'Delete the team {{name}}',
    removeTitle: 'Delete the team {{name}}?',
    removeHelp: 'What it alone worked on is everybody’s from then on.',
    saved: 'The team {{name}} is saved. It holds from now on.',
    removed: 'The team {{name}} is deleted.',
  },
} as const;

/** What every language must have of these. */
export type RolesWords = Wording<typeof enRoles>;
