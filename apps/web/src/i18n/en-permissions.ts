import type { Wording } from './wording.js';

/** The roles that ship, and what each permission allows, in English. A role and a key for a program are made of the same ones. */
export const enPermissions = {
  people: {
    role_owner: 'Owner',
    role_admin: 'Admin',
    role_agent: 'Agent',
    role_privacy_officer: 'Privacy officer',
    role_custom: 'A role of your team’s own',
  },
  permissions: {
    conversation_read: 'Read conversations',
    conversation_write: 'Answer, assign, close and merge',
    conversation_erase: 'Erase conversations',
    quarantine_read: 'See what could not be taken in',
    quarantine_manage: 'Try again, let in or end what could not be taken in',
    raw_read: 'Open mail as it came, byte by byte',
    suppression_manage: 'Write again to addresses that mail did not reach',
    agent_read: 'See the people, roles and teams',
    agent_manage: 'Invite, change and deactivate people',
    role_manage: 'Make and change roles',
    team_manage: 'Make and change teams',
    connection_read: 'See pages and mailboxes, and how they are',
    connection_manage: 'Connect and change pages and mailboxes, and see all of them, whatever team they are in',
    policy_read: 'Read what is recorded and for how long',
    audit_read: 'Read what was done, and by whom',
    security_read: 'See the security settings',
    security_manage: 'Change the security settings',
    api_key_manage: 'Make and revoke keys for programs',
    operator_grant_read: 'See whether operators may read, and what they read',
    operator_grant_manage: 'Let operators read for a while',
  },
} as const;

/** What every language must have of these. */
export type PermissionsWords = Wording<typeof enPermissions>;
