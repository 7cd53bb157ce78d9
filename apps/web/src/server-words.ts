import i18next from 'i18next';
import type { FieldProblem } from '#contract';
import { shortDay } from './formats.js';

/** Something that the server says: a stable code, what it is about, and its own sentence, which is English. */
export interface Said {
  code?: string | null;
  message: string;
  names?: readonly string[];
}

/** The tables of words whose keys are codes of the server's. */
export type CodeTable = 'connectionProblem' | 'error' | 'fieldCode' | 'finding' | 'quarantineCode' | 'reason' | 'sweepProblem' | 'trial';

/** Where the words for a field are: what was tried in vain, what the doctor knows too, what has the wrong form, other refusals. */
const FOR_FIELDS: readonly CodeTable[] = ['trial', 'finding', 'fieldCode', 'error'];

const DAY = /^\d{4}-\d{2}-\d{2}/;
/** Other words are wanted to sign in. Source: RFC 4954, 4 and 6 */
const SMTP_SIGN_IN = /^(?:smtp_(?:432|530|534|535|538)|sign_in_failed)$/;

/**
 * What the server says, in the agent's language where one of the tables knows its code; else in the server's own words.
 *
 * Shape    a wording may name `{{what}}` (all names), `{{date}}` and `{{count}}` (the first, where it is one), and whatever is in `values`
 */
export function serverWords(
  tables: readonly CodeTable[],
  { code, message, names = [] }: Said,
  values: Record<string, string> = {},
): string {
  if (code == null) return message;
  const [first = ''] = names;
  const about = {
    what: names.join(', '),
    ...(DAY.test(first) ? { date: shortDay(first) } : {}),
    ...(/^\d+$/.test(first) ? { count: Number(first) } : {}),
    ...values,
  };
  const key = tables.map((table) => `${table}.${familyOf(code)}` as 'error.unexpected').find((each) => i18next.exists(each, about));
  // A sentence, whatever else the words hold.
  return key === undefined ? message : (i18next.t(key, about) as string);
}

/** What is wrong with one field. */
export function fieldWords(problem: FieldProblem): string {
  const side = problem.path.startsWith('smtp') ? 'smtp' : 'imap';
  // Before their words are here nothing can be refused that needs them.
  const values = i18next.exists('trialSide.imap')
    ? { server: i18next.t(`trialSide.${side}`), ports: i18next.t(`trialSide.ports_${side}`) }
    : undefined;
  return serverWords(FOR_FIELDS, problem, values);
}

/** Mail servers and zod know more codes than one can have sentences for: they are told apart by what can be done. */
function familyOf(code: string): string {
  if (SMTP_SIGN_IN.test(code)) return 'smtp_sign_in';
  if (/^smtp_\d{3}$/.test(code)) return code.startsWith('smtp_4') ? 'smtp_later' : 'smtp_refused';
  return /^invalid_|^not_multiple_of$|^unrecognized_keys$|^custom$/.test(code) ? 'wrong_form' : code;
}
