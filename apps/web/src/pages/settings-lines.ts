import type { MailboxSettings, MailboxSettingsChange } from '#contract';

/** What an admin types about a mailbox: lists as lines. */
export interface SettingsText {
  signature: string;
  autoReplyOn: boolean;
  autoReplyText: string;
  agentMail: boolean;
  forms: string;
  plusAddressing: MailboxSettings['plusAddressing'];
  authservIds: string;
  trustedSealers: string;
}

/** What is wrong with a field. */
export type LineProblem = { field: 'forms' | 'authservIds' | 'trustedSealers' } & (
  { kind: 'wrong'; line: string } | { kind: 'many'; max: number }
);

// Source: the contract's own limits.
const LINES_MAX = { forms: 100, authservIds: 10, trustedSealers: 50 } as const;
// Only a courtesy before saving; the server's word counts.
const FORM = /^(?:[^\s@]+@[^\s@]+\.[^\s@]+|@[^\s@]{1,253})$/;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z0-9-]{2,63}$/;

/** The lines of a text that say something. */
export function linesOf(text: string): string[] {
  return [
    ...new Set(
      text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== ''),
    ),
  ];
}

/** The settings as text to be changed. */
export function textOf(settings: MailboxSettings): SettingsText {
  const { signature, autoReply, agentMail, forms, plusAddressing, authservIds, trustedSealers } = settings;
  return {
    signature,
    autoReplyOn: autoReply.on,
    autoReplyText: autoReply.text,
    agentMail,
    forms: forms.join('\n'),
    plusAddressing,
    authservIds: authservIds.join('\n'),
    trustedSealers: trustedSealers.join('\n'),
  };
}

/** What the server is asked to set. */
export function changeOf(text: SettingsText): MailboxSettingsChange {
  return {
    signature: text.signature,
    autoReply: { on: text.autoReplyOn, text: text.autoReplyText.trim() },
    agentMail: text.agentMail,
    forms: linesOf(text.forms),
    plusAddressing: text.plusAddressing,
    authservIds: linesOf(text.authservIds).map((line) => line.toLowerCase()),
    trustedSealers: linesOf(text.trustedSealers).map((line) => line.toLowerCase()),
  };
}

/** The first thing in a list that cannot be right, or null. */
export function problemIn(text: SettingsText): LineProblem | null {
  for (const field of ['forms', 'authservIds', 'trustedSealers'] as const) {
    const lines = linesOf(text[field]);
    if (lines.length > LINES_MAX[field]) return { field, kind: 'many', max: LINES_MAX[field] };
    const rule = field === 'forms' ? FORM : field === 'trustedSealers' ? DOMAIN : /^\S+$/;
    const wrong = lines.find((line) => !rule.test(field === 'forms' ? line : line.toLowerCase()));
    if (wrong !== undefined) return { field, kind: 'wrong', line: wrong };
  }
  return null;
}
