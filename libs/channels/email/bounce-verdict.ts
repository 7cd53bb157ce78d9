/*
 * Why a mail was not delivered, and what follows from it.
 *
 * Words first, then the enhanced status code, then the SMTP code: three quarters of the 5.x codes in real bounces say nothing about the
 * address (full, too large, refused for a policy, a missing PTR record), and a live address must not be given up for a stranger's filter.
 *
 * Source   RFC 3463 and the IANA registry of enhanced status codes; RFC 5321 4.2.3; answers as Exchange, Postfix, Exim, qmail, Sendmail,
 *          Gmail, Outlook.com, Yahoo and others write them
 */

/**
 * `hard`: nobody is there, and will not be tomorrow. `soft`: not now. `blocked`: the address may be right, but this mail, or we, were
 * refused. `delayed`: still being tried. `delivered`: a report that it arrived or was passed on.
 */
export type BounceKind = 'hard' | 'soft' | 'blocked' | 'delayed' | 'delivered';

export type BounceReason =
  | 'user_unknown'
  | 'host_unknown'
  | 'moved'
  | 'disabled'
  | 'mailbox_full'
  | 'too_large'
  | 'rate'
  | 'expired'
  | 'network'
  | 'system'
  | 'loop'
  | 'spam'
  | 'virus'
  | 'reputation'
  | 'authentication'
  | 'sender_refused'
  | 'relay_refused'
  | 'policy'
  | 'syntax'
  | 'undetermined';

export interface BounceVerdict {
  kind: BounceKind;
  reason: BounceReason;
}

const KINDS: Readonly<Record<BounceReason, 'hard' | 'soft' | 'blocked'>> = {
  user_unknown: 'hard',
  host_unknown: 'hard',
  moved: 'hard',
  disabled: 'hard',
  mailbox_full: 'soft',
  too_large: 'blocked',
  rate: 'soft',
  expired: 'soft',
  network: 'soft',
  system: 'soft',
  loop: 'soft',
  spam: 'blocked',
  virus: 'blocked',
  reputation: 'blocked',
  authentication: 'blocked',
  sender_refused: 'blocked',
  relay_refused: 'blocked',
  policy: 'blocked',
  syntax: 'soft',
  undetermined: 'soft',
};

/**
 * What servers say, in lower case, the more telling first: "user unknown" stands in many an answer whose real reason is another.
 * A word list is added to here and nowhere else.
 */
const PHRASES: readonly (readonly [BounceReason, readonly string[]])[] = [
  ['host_unknown', ['the account or domain may not exist', 'host or domain name not found']],
  ['user_unknown', ['recipient address rejected: access denied', 'undeliverable address: unknown']],
  ['network', ['delivery temporarily suspended', 'name service error']],
  ['relay_refused', ['allowed rcpthosts']],
  [
    'mailbox_full',
    [
      ...[
        'mailbox full',
        'mailbox is full',
        'mailbox exceeded',
        'over quota',
        'overquota',
        'over the quota',
        'quota exceeded',
        'exceeded quota',
      ],
      ...[
        'exceeds allowed quota',
        'exceeded its quota',
        'over its quota',
        'exceeding its quota',
        'out of storage',
        'insufficient disk',
        'disk quota',
      ],
      ...[
        'mailbox size',
        'storage limit',
        'exceeded storage',
        'exceeded the storage',
        'storage allocation',
        'inbox is full',
        'mail box full',
      ],
      ...['quota violation', 'quota would be exceeded', 'exceed mailbox quota', 'would exceed', 'mailbox has exceeded', 'full mailbox'],
      ...['user has exhausted', 'has too many messages', 'not enough space', 'no space', 'is full', 'quota is full', 'mailfolder is full'],
      ...[
        'message size exceeds remaining quota',
        'exceeding their quota',
        'mailbox exceeds',
        'mailbox vol',
        'postvak vol',
        'boîte pleine',
        'mailbox voll',
        'postfach voll',
      ],
    ],
  ],
  [
    'too_large',
    [
      ...[
        'too large',
        'too big',
        'size limit',
        'maximum message size',
        'message size exceeds',
        'exceeds fixed',
        'exceeds the maximum size',
      ],
      ...[
        'exceeds maximum',
        'message too long',
        'exceeded maximum',
        'exceeds size',
        'max message size',
        'larger than the current system limit',
      ],
    ],
  ],
  [
    'moved',
    [
      'has moved',
      'user moved',
      'has been replaced by',
      'address has changed',
      'no longer uses this address',
      'recipient has moved',
      'new address is',
    ],
  ],
  [
    'reputation',
    [
      ...['reverse dns', 'rdns', 'ptr record', 'ptr', 'cannot find your hostname', 'cannot find your reverse hostname', 'no reverse'],
      ...[
        'reverse lookup',
        'reverse mapping',
        'fcrdns',
        'dns record for your',
        'cannot resolve your address',
        'generic hostname',
        'ip name lookup',
      ],
      ...[
        'blacklist',
        'black list',
        'blocklist',
        'block list',
        'blocked using',
        'listed by',
        'listed in',
        'dnsbl',
        'rbl',
        'spamhaus',
        'spamcop',
      ],
      ...[
        'is on our block',
        'access denied - invalid helo',
        'poor reputation',
        'reputation',
        'your ip',
        'ip address is',
        'bad helo',
        'helo command rejected',
      ],
      ...[
        'your host',
        'client host rejected',
        'connection refused by',
        'banned sending ip',
        'dynamic ip',
        'dynamic/zombied',
        'domain name of the host',
      ],
      ...[
        'is blocked',
        'are blocked',
        'been blocked',
        'blocked by',
        'part of their network is on our block',
        'hostname',
        'not allowed to connect',
      ],
      ...[
        'no access from mail server',
        'refused to talk to me: 55',
        'not rfc compliant helo',
        'unauthenticated ip',
        'refuses to talk',
        'connections not accepted',
      ],
      ...[
        'connections from this host',
        'domain of sender address',
        'error: 0 mail from',
        'smtp rbl',
        'go away',
        'ip blocked',
        'we do not accept mail from',
      ],
    ],
  ],
  [
    'authentication',
    [
      ...[
        'spf ',
        'spf:',
        'spf-',
        'sender policy framework',
        'dkim',
        'dmarc',
        'unauthenticated email',
        'authentication required',
        'auth failed',
      ],
      ...['authentication failed', 'not authenticated', 'not designate permitted', 'does not pass', 'unauthenticated', 'sender id'],
    ],
  ],
  [
    'sender_refused',
    [
      ...[
        'sender address rejected',
        'sender rejected',
        'sender domain',
        'sender verify',
        'sender not',
        'sender is not',
        'bad sender',
        "sender's address",
      ],
      ...[
        'domain of sender',
        'invalid sender',
        'unable to verify sender',
        'return path',
        'mail from domain',
        'sender denied',
        'sender refused',
      ],
      ...['bad address mailbox syntax in sender', 'backscatter', 'envelope sender', 'you are not allowed to send', 'not allowed to send'],
      ...[
        'rejected because of your sender',
        'address you used to send',
        'sender email',
        'does not like recipient mail from',
        'no valid sender',
      ],
    ],
  ],
  [
    'spam',
    [
      ...[
        'spam',
        'unsolicited',
        'junk mail',
        'bulk mail',
        'bulk email',
        'url in',
        'uribl',
        'surbl',
        'rejected by content',
        'content rejected',
      ],
      ...[
        'message content',
        'blocked by the recipient',
        'content filter',
        'looks like',
        'high probability',
        'suspicious',
        'uce',
        'phishing',
      ],
    ],
  ],
  [
    'virus',
    [
      'virus',
      'malware',
      'infected',
      'worm',
      'prohibited attachment',
      'banned file',
      'attachment type',
      'executable',
      'security reasons',
      'security problem',
    ],
  ],
  [
    'rate',
    [
      ...[
        'too many connections',
        'too many messages',
        'too many recipients',
        'too many concurrent',
        'too many sessions',
        'rate limit',
        'rate-limit',
      ],
      ...[
        'receiving mail too quickly',
        'receiving mail at a rate',
        'throttl',
        'greylist',
        'graylist',
        'grey list',
        'too frequent',
        'too fast',
        'too many emails',
      ],
      ...[
        'deferred due to user complaints',
        'sending limit',
        'message rate',
        'connection rate',
        'too many mails',
        'try again later: too',
        'exceeded the maximum number',
      ],
    ],
  ],
  [
    'relay_refused',
    [
      'relay access denied',
      'relaying denied',
      'unable to relay',
      'relay not permitted',
      'not permitted to relay',
      'relaying not allowed',
      'we do not relay',
      'relay denied',
      'no relaying',
      'relaying prohibited',
      'relay is not',
    ],
  ],
  [
    'host_unknown',
    [
      ...[
        'host unknown',
        'unknown host',
        'host not found',
        'domain name not found',
        'domain not found',
        'no such domain',
        'unknown domain',
      ],
      ...[
        'domain does not exist',
        "domain doesn't exist",
        'domain is not',
        'no such host',
        'unrouteable domain',
        'unrouteable mail domain',
        'nxdomain',
      ],
      ...[
        "couldn't find any host",
        "couldn't be found",
        'illegal host',
        'host name lookup failure',
        'name server: host',
        'invalid domain',
        'bad destination',
      ],
      ...[
        'domain couldn',
        'all relevant mx records point to non-existent hosts',
        'no route to domain',
        'unable to resolve',
        'no mx or a record',
        'unresolvable',
      ],
      ...[
        'recipient address has null mx',
        'null mx',
        'responded with "null mx"',
        'hostunknown',
        'could not be resolved',
        'cannot find the domain',
        'no mail hosts for domain',
      ],
      ...[
        'domain of recipient',
        "host doesn't exist",
        'host does not exist',
        'domain has no',
        'no mx record',
        "isn't in my control/locals",
      ],
    ],
  ],
  [
    'disabled',
    [
      ...[
        'account disabled',
        'account is disabled',
        'mailbox disabled',
        'mailbox is disabled',
        'account has been disabled',
        'user is disabled',
        'account inactive',
      ],
      ...[
        'account is inactive',
        'mailbox is inactive',
        'inactive user',
        'account suspended',
        'user suspended',
        'account has been suspended',
        'mailbox is inactive',
      ],
      ...[
        'account closed',
        'account expired',
        'discontinued',
        'deactivated',
        'no longer active',
        'disabled or discontinued',
        'locked',
        'account not active',
      ],
      ...[
        'is currently suspended',
        'temporarily suspended',
        'email account that you tried to reach is disabled',
        'account is not active',
        'not active',
        'account that you tried to reach is inactive',
      ],
    ],
  ],
  [
    'user_unknown',
    [
      ...[
        'user unknown',
        'unknown user',
        'no such user',
        'unknown recipient',
        'recipient unknown',
        'recipient not found',
        'user not found',
        'unknown address',
      ],
      ...[
        'address unknown',
        'addressee unknown',
        'does not exist',
        "doesn't exist",
        'not exist',
        'no such recipient',
        'no such address',
        'no mailbox',
        'no such mailbox',
      ],
      ...[
        'unknown mailbox',
        'mailbox not found',
        'mailbox unknown',
        'invalid recipient',
        'invalid mailbox',
        'invalid address',
        'invalid user',
        'not a valid',
        'not valid',
      ],
      ...[
        'name is not recognized',
        'not recognized',
        'not our customer',
        'no account',
        'not listed in',
        'unknown local',
        'unknown or illegal alias',
        'undeliverable address',
      ],
      ...[
        'no longer available',
        'no longer valid',
        'no longer in use',
        'no longer employed',
        'not known',
        'is unknown',
        'is not known',
        'user_unknown',
        'unrouteable address',
      ],
      ...[
        'user invalid',
        'bad destination mailbox',
        'recipient address rejected: no',
        'this user doesn',
        'account that you tried to reach does not exist',
        'rcpt to unknown',
      ],
      ...[
        'cannot be found',
        "can't be found",
        "couldn't be found at",
        "wasn't found",
        'was not found',
        'could not be found',
        'not in directory',
        'unable to find recipient',
      ],
      ...[
        'resolver.adr.recipnotfound',
        'resolver.adr.exrecipnotfound',
        'recipnotfound',
        'recipient not exist',
        'no one by that name',
        'no one here',
        'delivery to this address is',
      ],
      ...[
        'mailbox not available',
        'bad recipient',
        'recipient is not',
        'no user',
        'unknown account',
        'unknown or invalid',
        'user does not have',
        'onbekende gebruiker',
        'unbekannt',
        'utilisateur inconnu',
      ],
      ...[
        "isn't in the recipient",
        'not our user',
        'dosn',
        'no local mailbox',
        'is not a known user',
        'not local',
        'no valid recipients',
        'user not known',
        'nie istnieje',
        'not have an account',
      ],
    ],
  ],
  [
    'expired',
    [
      ...[
        'retry timeout exceeded',
        'message expired',
        'delivery time expired',
        'delivery expired',
        'could not be delivered for',
        'queue period',
        'been in the queue too long',
      ],
      ...[
        'retry time not reached',
        'too old',
        'giving up',
        'retention time',
        'maximum queue',
        'been attempting',
        'delivery not attempted',
        'not delivered within',
        'cannot send message for',
      ],
    ],
  ],
  [
    'loop',
    [
      'mail loop',
      'too many hops',
      'hop count',
      'routing loop',
      'mail forwarding loop',
      'loops back',
      'loop detected',
      'message looping',
      'too many received',
    ],
  ],
  [
    'network',
    [
      ...[
        'connection timed out',
        'connection refused',
        'connection reset',
        'lost connection',
        'connection dropped',
        'network is unreachable',
        'no route to host',
      ],
      ...[
        'timed out',
        'timeout',
        'host is unreachable',
        'unable to connect',
        'could not connect',
        'not responding',
        'did not respond',
        'connection died',
        'name service error',
      ],
      ...[
        'starttls',
        'tls',
        'no answer from host',
        'not reachable',
        'establish',
        'host not reachable',
        'failed to connect',
        'temporary lookup failure',
        'dns',
      ],
    ],
  ],
  [
    'policy',
    [
      ...[
        'policy',
        'not accept',
        'not allowed',
        'not permitted',
        'permission',
        'access denied',
        'administrative prohibition',
        'administratively',
        'prohibited',
      ],
      ...[
        'refused',
        'rejected',
        'denied',
        'restricted',
        'not authorized',
        'not authorised',
        'unauthorized',
        'challenge',
        'disallowed',
        'filter',
        'forbidden',
        'blocked',
      ],
    ],
  ],
  [
    'system',
    [
      ...[
        'system error',
        'internal error',
        'local error',
        'configuration error',
        'not configured',
        'insufficient system',
        'temporary failure',
        'temporarily unavailable',
      ],
      ...[
        'local configuration',
        "can't create",
        'cannot create',
        'service unavailable',
        'system not',
        'server error',
        'resources temporarily',
        'try again later',
        'pipe to',
        'mailer error',
        'command died',
      ],
    ],
  ],
  [
    'syntax',
    [
      'syntax error',
      'command not recognized',
      'bad sequence',
      'command unrecognized',
      'protocol error',
      'not implemented',
      'unrecognized command',
    ],
  ],
];

/** Codes that mean the same wherever they are written. The key is without its first digit. */
const STATUS_REASONS: Readonly<Record<string, BounceReason>> = {
  '1.1': 'user_unknown',
  '1.2': 'host_unknown',
  '1.3': 'user_unknown',
  '1.6': 'moved',
  '1.7': 'sender_refused',
  '1.8': 'sender_refused',
  '1.10': 'user_unknown',
  '2.1': 'disabled',
  '2.2': 'mailbox_full',
  '2.3': 'too_large',
  '3.1': 'mailbox_full',
  '3.2': 'system',
  '3.4': 'too_large',
  '4.1': 'network',
  '4.2': 'network',
  '4.6': 'loop',
  '4.7': 'expired',
  '7.25': 'reputation',
  '7.26': 'authentication',
};
const SUBJECT_REASONS: Readonly<Record<string, BounceReason>> = {
  '3': 'system',
  '4': 'network',
  '5': 'syntax',
  '6': 'policy',
  '7': 'policy',
};

export interface Failure {
  /** As RFC 3464 names it, lower case; null when the report does not say. */
  action: string | null;
  /** Enhanced code such as 5.1.1. */
  status: string | null;
  smtpCode: number | null;
  /** What the other server said. */
  said: string;
  /** The answer came after the text of the mail, when the address had been taken already. */
  isAboutText?: boolean;
}

/** Looked at of what a server said. */
const SAID_CHARS_MAX = 4_000;

/**
 * What a failure means.
 *
 * Limits   linear: each phrase is looked for once in the first 4,000 characters
 */
export function judgeFailure(failure: Failure): BounceVerdict {
  const { action, status, smtpCode } = failure;
  if (action !== null && DONE.has(action)) return { kind: 'delivered', reason: 'undetermined' };
  const reason = reasonOf(failure);
  if (action === 'delayed') return { kind: 'delayed', reason };
  if (status?.startsWith('2.') === true && action !== 'failed') return { kind: 'delivered', reason };
  if (reason !== 'undetermined') return { kind: KINDS[reason], reason };
  const isRefused = status?.startsWith('5.') === true || (smtpCode !== null && smtpCode >= 500);
  return { kind: isRefused ? 'blocked' : 'soft', reason };
}

const DONE: ReadonlySet<string> = new Set(['delivered', 'relayed', 'expanded', 'deliverable']);

function reasonOf(failure: Failure): BounceReason {
  const reason = plainReasonOf(failure.status, failure.said);
  if (!ADDRESS_REASONS.has(reason)) return reason;
  // "No such domain" said of the sender is no news about the recipient.
  if (/(?:after|in reply to) mail from/i.test(failure.said)) return 'sender_refused';
  if (failure.isAboutText === true) return 'policy';
  // A name that cannot be found today may be found tomorrow; the sending server says which by the first digit.
  const isTemporary = failure.status?.startsWith('4.') === true || /try again/i.test(failure.said);
  return reason === 'host_unknown' && isTemporary ? 'network' : reason;
}

function plainReasonOf(status: string | null, said: string): BounceReason {
  const [first = '', subject = '', detail = ''] = (status ?? '').split('.');
  const byStatus = STATUS_REASONS[`${subject}.${detail}`];
  const byWords = reasonInWords(said);
  // A general word ("rejected", "timeout") must not overrule a code that says more.
  const isVague = byWords === null || VAGUE.has(byWords);
  if (!isVague) return byWords;
  if (byStatus !== undefined && (first === '5' || !ADDRESS_REASONS.has(byStatus))) return byStatus;
  return byWords ?? SUBJECT_REASONS[subject] ?? 'undetermined';
}

const VAGUE: ReadonlySet<BounceReason> = new Set(['policy', 'system', 'network', 'expired', 'syntax']);
const ADDRESS_REASONS: ReadonlySet<BounceReason> = new Set(['user_unknown', 'host_unknown', 'moved', 'disabled']);

function reasonInWords(said: string): BounceReason | null {
  const text = said.slice(0, SAID_CHARS_MAX).toLowerCase().replaceAll(/\s+/g, ' ').replaceAll('’', "'");
  for (const [reason, phrases] of PHRASES) if (phrases.some((phrase) => text.includes(phrase))) return reason;
  return null;
}

const STATUS = /(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)/;

/** The first enhanced status code in a text, such as 5.1.1; null without one. IP addresses are none. */
export function statusIn(text: string): string | null {
  const match = STATUS.exec(text.slice(0, SAID_CHARS_MAX));
  return match === null ? null : `${match[1]}.${Number(match[2])}.${Number(match[3])}`;
}

const SMTP_CODE = /(?<![\w.#[@/-])([45]\d\d)(?=[ \-#:,)\]'\"]|$)/m;

/** The first answer code of an SMTP server in a text, 400–599; null without one. */
export function smtpCodeIn(text: string): number | null {
  const match = SMTP_CODE.exec(text.slice(0, SAID_CHARS_MAX));
  return match === null ? null : Number(match[1]);
}
