import { isNotice } from './bounce-prose.js';
import type { MailClass } from './parsed-mail.js';

/** What the classification looks at: header values by lower-case name, decoded, in order, and what it says. */
export interface ClassifiedHeaders {
  all(name: string): readonly string[];
  fromAddress: string | null;
  subject: string;
  text: string;
  /** Media types of all parts, lower case. */
  partTypes: ReadonlySet<string>;
}

/**
 * How programs begin the subject of an absence notice. Only taken as one together with a second sign: people write such words too.
 * Source   subjects as Exchange, Outlook, Gmail and Lotus Notes write them in nl, de, fr and en
 */
const AUTO_REPLY_SUBJECTS = [
  ...['automatisch antwoord:', 'automatische reactie:', 'afwezig:', 'niet aanwezig:', 'afwezigheidsbericht:'],
  ...['automatische antwort:', 'abwesenheitsnotiz:', 'abwesend:', 'autom. antwort:'],
  ...['réponse automatique', 'absence du bureau', "message d'absence", 'absent du bureau'],
  ...['automatic reply:', 'auto reply:', 'auto-reply:', 'autoreply:', 'out of office', 'out-of-office', 'auto:'],
];

/** Who sends bounces. */
const DAEMONS = /^(?:mailer-daemon|post_?master|mail-daemon|mailerdaemon|mmdf|bounce|mail\.?system|mail-delivery|mdaemon)(?:[+@.-]|$)/i;
const NO_REPLY = /^(?:no-?reply|do-?not-?reply|donot-?reply|niet-?beantwoorden|noresponse)(?:[+@._-]|$)/i;

const BOUNCE_SUBJECT =
  /undeliver|delivery (?:status|failure|has failed|problem|report)|returned mail|mail delivery|failure notice|delivery incomplete|niet (?:worden )?bezorgd|unzustellbar|non remis|nondeliverable|could not be delivered|returning message|mail system error|user unknown/i;

/** Subjects that programs write word by word, and people only behind "Re:" or "Fwd:". */
const MACHINE_SUBJECTS = [
  ...['mail delivery failed: returning message to sender', 'undelivered mail returned to sender', 'delivery status notification (failure)'],
  ...[
    'delivery status notification (delay)',
    'returned mail: see transcript for details',
    'delivery failure notification',
    'mail delivery warning',
  ],
  ...['mail could not be delivered', 'warning: could not send message for past', 'undeliverable mail returned to sender'],
];

/**
 * Which kind of sender wrote this.
 *
 * Source   RFC 3834 (Auto-Submitted), RFC 3464 and RFC 6522 (bounces), RFC 2919 and 2369 (lists); X-headers as common mail programs set them
 */
export function classifyMail(headers: ClassifiedHeaders): MailClass {
  const autoSubmitted = autoSubmittedOf(headers);
  const precedence = word(headers.all('precedence')[0]);
  const report = reportType(headers);
  if (report === 'disposition-notification') return 'receipt';
  if (report === 'feedback-report' || isOldComplaint(headers)) return 'complaint';
  if (isBounce(headers, report)) return 'bounce';
  const isMachineAnswer =
    autoSubmitted === 'auto-replied' ||
    precedence === 'auto_reply' ||
    ['x-autoreply', 'x-autorespond', 'x-auto-respond', 'x-autoresponse', 'x-mail-autoreply', 'x-autoresponder'].some((name) =>
      isSet(headers, name),
    );
  if (isMachineAnswer || isAbsenceNotice(headers)) return 'auto_reply';
  if (headers.partTypes.has('text/calendar')) return 'calendar';
  if (autoSubmitted !== null || report !== null) return 'auto_generated';
  if (['list-id', 'list-unsubscribe', 'list-post', 'mailing-list'].some((name) => isSet(headers, name)) || precedence === 'list')
    return 'list';
  if (precedence === 'bulk' || precedence === 'junk' || hasNullReturnPath(headers)) return 'auto_generated';
  return 'human';
}

/** May a machine of ours answer? Only a person, reachable, who did not ask to be spared. */
export function mayAutoAnswer(headers: ClassifiedHeaders, mailClass: MailClass): boolean {
  if (mailClass !== 'human' || headers.fromAddress === null) return false;
  if (DAEMONS.test(headers.fromAddress) || NO_REPLY.test(headers.fromAddress)) return false;
  const suppressed = headers.all('x-auto-response-suppress').join(',').toLowerCase();
  return !/\b(?:all|oof|autoreply)\b/.test(suppressed) && !isSet(headers, 'x-loop');
}

/** The value of Auto-Submitted without comment and parameters; null for absent and for "no". */
function autoSubmittedOf(headers: ClassifiedHeaders): string | null {
  const value = word(headers.all('auto-submitted')[0]);
  return value === '' || value === 'no' ? null : value;
}

/** First word, lower case, without what stands behind ";" or "(". */
function word(value: string | undefined): string {
  return (value ?? '').split(/[;(\s]/, 1)[0]?.toLowerCase() ?? '';
}

function isSet(headers: ClassifiedHeaders, name: string): boolean {
  const value = headers.all(name)[0]?.trim().toLowerCase();
  return value !== undefined && value !== '' && value !== 'no' && value !== 'false';
}

function hasNullReturnPath(headers: ClassifiedHeaders): boolean {
  return headers.all('return-path').some((value) => /^<\s*>$/.test(value.trim()));
}

/** `delivery-status`, `disposition-notification`, `feedback-report`; null when the mail is no report. */
function reportType(headers: ClassifiedHeaders): string | null {
  const contentType = (headers.all('content-type')[0] ?? '').toLowerCase();
  if (!contentType.trimStart().startsWith('multipart/report')) {
    if (headers.partTypes.has('message/feedback-report')) return 'feedback-report';
    return headers.partTypes.has('message/disposition-notification') ? 'disposition-notification' : null;
  }
  return /report-type\s*=\s*"?([a-z-]{1,60})/.exec(contentType)?.[1] ?? 'delivery-status';
}

/** Providers that report without the standard's part: the mail attached, and a subject that names the address it came from. */
function isOldComplaint(headers: ClassifiedHeaders): boolean {
  const isReport = /^(?:complaint about message from \[?[\d.:a-f]+\]?|email feedback report for ip [\d.:a-f]+)/i.test(
    headers.subject.trim(),
  );
  return isReport && headers.partTypes.has('message/rfc822');
}

function isBounce(headers: ClassifiedHeaders, report: string | null): boolean {
  if (report !== null) return report === 'delivery-status';
  if (headers.partTypes.has('message/delivery-status') || isSet(headers, 'x-failed-recipients')) return true;
  if (headers.fromAddress === null || !isSet(headers, 'in-reply-to')) {
    const subject = headers.subject.toLowerCase();
    if (MACHINE_SUBJECTS.some((start) => subject.startsWith(start))) return true;
  }
  // Nobody else calls himself that.
  if (/^mailer-?daemon(?:@|$)/i.test(headers.fromAddress ?? '')) return true;
  const isDaemon = headers.fromAddress !== null && DAEMONS.test(headers.fromAddress);
  const saysSo = BOUNCE_SUBJECT.test(headers.subject);
  const givesBack = headers.partTypes.has('message/rfc822') || headers.partTypes.has('text/rfc822-headers');
  if (isDaemon && (saysSo || givesBack || hasNullReturnPath(headers))) return true;
  return saysSo && (hasNullReturnPath(headers) || isNotice(headers.text));
}

function isAbsenceNotice(headers: ClassifiedHeaders): boolean {
  const subject = headers.subject.toLowerCase();
  if (!AUTO_REPLY_SUBJECTS.some((start) => subject.startsWith(start))) return false;
  const isAnswer = isSet(headers, 'in-reply-to') || isSet(headers, 'references');
  return isAnswer || isSet(headers, 'x-auto-response-suppress') || hasNullReturnPath(headers);
}
