import type { PermissionsWords } from './en-permissions.js';

/** The roles that ship, and what each permission allows, in Dutch. */
export const nlPermissions: PermissionsWords = {
  people: {
    role_owner: 'Eigenaar',
    role_admin: 'Beheerder',
    role_agent: 'Medewerker',
    role_privacy_officer: 'Privacyfunctionaris',
    role_custom: 'Een eigen rol van je team',
  },
  permissions: {
    conversation_read: 'Gesprekken lezen',
    conversation_write: 'Antwoorden, toewijzen, sluiten en samenvoegen',
    conversation_erase: 'Gesprekken wissen',
    quarantine_read: 'Zien wat niet kon worden opgenomen',
    quarantine_manage: 'Opnieuw proberen, binnenlaten of beëindigen wat niet kon worden opgenomen',
    raw_read: 'Mail openen zoals die kwam, byte voor byte',
    suppression_manage: 'Weer schrijven naar adressen die mail niet bereikte',
    agent_read: 'De mensen, rollen en teams zien',
    agent_manage: 'Mensen uitnodigen, wijzigen en deactiveren',
    role_manage: 'Rollen maken en wijzigen',
    team_manage: 'Teams maken en wijzigen',
    connection_read: 'Pagina’s en mailboxen zien, en hoe het ermee gaat',
    connection_manage: 'Pagina’s en mailboxen verbinden en wijzigen, en ze allemaal zien, van welk team ook',
    policy_read: 'Lezen wat wordt vastgelegd en hoe lang',
    audit_read: 'Lezen wat er is gedaan, en door wie',
    security_read: 'De beveiligingsinstellingen zien',
    security_manage: 'De beveiligingsinstellingen wijzigen',
    api_key_manage: 'Sleutels voor programma’s maken en intrekken',
    operator_grant_read: 'Zien of beheerders van de installatie mogen meelezen',
    operator_grant_manage: 'Beheerders van de installatie een tijd laten meelezen',
  },
};
