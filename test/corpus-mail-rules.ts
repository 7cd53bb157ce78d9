import type { InboundBounce, InboundEvent, InboundMessage } from '#channels';
import type { Seen } from './corpus-mail-house.js';

/*
 * What of the corpus' statements must hold of a mail in the house, told by rules from the statement alone. An outcome is one stated fact:
 * a subject, a recipient, the words of an answer.
 */

export interface Entry {
  file: string;
  expect: Record<string, unknown> | null;
  consensus?: { subject?: string; message_id?: string; from_address?: string };
}

export interface Outcome {
  field: string;
  isMet: boolean;
  got: unknown;
}

/** What became of a mail, and what the reader makes of it when it proves to be about a mail of ours. */
export interface Became extends Seen {
  events: InboundEvent[] | string;
}

type Rule = (stated: unknown, became: Became, entry: Entry) => { isMet: boolean; got: unknown }[] | null;

/** What the index says beside outcomes; and how many parts of a kind there are inside a mail, which nobody sees. */
const NO_OUTCOMES = new Set(
  'note stated_by see input source_tests purpose html_parts text_parts uid filename_tolerated temporary elided embedded before via key reply_text_also_ok must_not_raise list status sender signature simple_canonical_b64 relaxed_canonical_b64'.split(
    ' ',
  ),
);

const squeezed = (text: unknown): string =>
  typeof text === 'string' ? text.replaceAll('\0', '').replaceAll(/\s+/g, '').toLowerCase() : '';
const one = (isMet: boolean, got: unknown) => [{ isMet, got }];
const first = ({ messages }: Became) => messages[0] ?? null;
const spoken = ({ events }: Became): InboundMessage | null =>
  typeof events === 'string' ? null : (events.find((event) => event.type === 'message') ?? null);
const bounceIn = ({ events }: Became): InboundBounce | null =>
  typeof events === 'string' ? null : (events.find((event) => event.type === 'bounce') ?? null);
/** The whole of what it says; of a copy, which is shown once, what the reader found. */
const words = (became: Became): string => {
  const message = first(became)?.message;
  const content = spoken(became)?.content;
  return message ? (message.fullText ?? message.text) : (content?.fullText ?? content?.text ?? '');
};
const sender = (became: Became) =>
  first(became)?.message.mail?.from ??
  (spoken(became)?.content.mailHeaders as { from?: { address: string; name: string | null } } | undefined)?.from ??
  null;
const files = (became: Became) => first(became)?.message.attachments ?? [];
const subjectOf = (became: Became) =>
  first(became)?.message.subject ?? spoken(became)?.content.subject ?? became.quarantined?.mail?.subject ?? '';

/** Stated values with a character that could not be read allow any in its place. */
function isSame(stated: unknown, got: string): boolean {
  const [want, have] = [squeezed(stated), squeezed(got)];
  return want.length === have.length && [...want].every((letter, at) => letter === '\ufffd' || letter === [...have][at]);
}

/** A reply counts with its signature and without: what a phone adds to it nobody says. */
function isReply(stated: unknown, got: string): boolean {
  const [want, have] = [squeezed(stated), squeezed(got)];
  if (want === have) return true;
  return have !== '' && want.startsWith(have) && /^(?:--|—|_{3}|sentfrom|sentwith)/.test(want.slice(have.length));
}

const REASONS: Record<string, (bounce: InboundBounce) => boolean> = {
  spam: ({ kind }) => kind === 'blocked',
  unknown: () => true,
  over_quota: ({ code }) => code === 'mailbox_full',
  domain_error: ({ code }) => ['host_unknown', 'network', 'relay_refused'].includes(code),
};

function attachments(stated: unknown, became: Became, { expect }: Entry) {
  const shown = files(became);
  const got = shown.map(({ name, inline }) => (inline ? `(${name})` : name));
  if (Array.isArray(stated)) {
    const names = stated.map(({ name }: { name?: string }) => name);
    return one(shown.length === names.length && names.every((name) => name === undefined || shown.some((file) => file.name === name)), got);
  }
  const beside = shown.filter(({ inline }) => !inline).length;
  if (stated === beside || stated === shown.length) return one(true, got);
  // One source counts every text after the first as an attachment; ours stands in the text, where it must be whole.
  const texts = Math.max(Number(expect?.['text_parts'] ?? 0), Number(expect?.['html_parts'] ?? 0));
  return one(typeof expect?.['text_parts'] === 'number' && stated === beside + textParts(became) - texts, got);
}

/** How many texts the mail is made of, by what is shown of them. */
function textParts(became: Became): number {
  return became.messages[0]?.textParts ?? 0;
}

function recipients(stated: unknown, became: Became, { expect }: Entry) {
  const bounce = bounceIn(became);
  if (expect?.['temporary'] !== undefined) {
    const want = (stated as string[]).map((address) => address.toLowerCase()).toSorted();
    const got = (bounce?.recipients ?? []).map(({ address }) => address.toLowerCase()).toSorted();
    const isTimely =
      bounce === null || (expect['temporary'] === true ? ['delayed', 'soft'].includes(bounce.kind) : bounce.kind !== 'delayed');
    return [...one(want.join() === got.join(), got), ...one(isTimely, bounce?.kind)];
  }
  return (stated as { hard: boolean }[]).map(({ hard }, at) => {
    const found = bounce?.recipients[at];
    // An absence notice is nobody's failure, and no address is given up for it.
    if (bounce === null) return { isMet: !hard && spoken(became)?.mail?.mailClass === 'auto_reply', got: became.events };
    return { isMet: found !== undefined && (found.kind === 'hard') === hard, got: found ?? null };
  });
}

const RULES: Record<string, Rule> = {
  subject: (stated, became) => one(isSame(stated, subjectOf(became)), subjectOf(became)),
  message_id: (stated, became) => {
    const got = (first(became)?.externalId ?? spoken(became)?.externalId ?? '').split(' ')[0]!;
    return stated === null ? null : one(got === stated, got);
  },
  from: (stated, became) => {
    const [want] = stated as { name?: string | null; address?: string | null }[];
    const got = sender(became);
    return [...one(squeezed(want?.address) === squeezed(got?.address), got), ...one(isSame(want?.name ?? '', got?.name ?? ''), got)];
  },
  from_name: (stated, became) => one(isSame(stated, sender(became)?.name ?? ''), sender(became)),
  from_display_name: (stated, became) => one(isSame(stated, sender(became)?.name ?? ''), sender(became)),
  from_email: (stated, became) => one(stated === sender(became)?.address, sender(became)),
  author: (stated, became) => one(stated === spoken(became)?.personId, spoken(became)?.personId),
  text: (stated, became) => one(squeezed(words(became)).includes(squeezed(stated)), words(became)),
  first_text: (stated, became) => {
    const [want, got] = [squeezed(stated).slice(0, 200), squeezed(words(became))];
    return one(got.includes(want) || isSame(want, got.slice(0, want.length)), words(became).slice(0, 100));
  },
  text_contains: (stated, became) =>
    one(
      (stated as string[]).every((text) => words(became).includes(text)),
      words(became),
    ),
  text_kept: (stated, became) => one(`${words(became)} ${first(became)?.html ?? ''}`.includes(String(stated)), words(became)),
  forbidden: (stated, became) => {
    const html = (first(became)?.html ?? '').toLowerCase();
    return (stated as string[]).flatMap((text) => one(html !== '' && !html.includes(text), text));
  },
  remote_images: (_stated, became) => one(!/\ssrc=["']?(?!data:|cid:)/i.test(first(became)?.html ?? ' src=x'), 'an address'),
  order: (stated, became) => {
    const texts = (stated as string[]).filter((text) => !text.includes('.')).map((text) => words(became).indexOf(text));
    return one(
      texts.every((at, nth) => at >= 0 && (nth === 0 || at > texts[nth - 1]!)),
      words(became),
    );
  },
  attachments,
  inline: (stated, became) => one(files(became).filter(({ inline }) => inline).length === stated, files(became).length),
  html_cid_resolved: (_stated, became) => one(!(first(became)?.html ?? 'cid:').includes('cid:'), first(became)?.html),
  filename: (stated, became, { expect }) => {
    const names = files(became).map(({ name }) => name);
    const isTolerated =
      expect?.['filename_tolerated'] !== undefined && names.some((name) => name.endsWith('.jpg') && !name.includes('\ufffd'));
    return one(names.includes(String(stated)) || isTolerated, names);
  },
  attachment_size: (stated, became) =>
    one(
      files(became).some(({ sizeBytes }) => sizeBytes === stated),
      files(became)[0]?.sizeBytes,
    ),
  method: (stated, became) => one(first(became)?.message.mail?.calendar?.method === String(stated).toLowerCase(), null),
  start: (stated, became) => one(Date.parse(first(became)?.message.mail?.calendar?.start?.at ?? '') === Date.parse(String(stated)), null),
  reply_text: (stated, became, { expect }) => {
    const got = first(became)?.message.text ?? '';
    return one(
      [stated, expect?.['reply_text_also_ok']].some((text) => typeof text === 'string' && isReply(text, got)),
      got,
    );
  },
  reply_text_ignoring_whitespace: (stated, became) => one(isReply(stated, first(became)?.message.text ?? ''), first(became)?.message.text),
  must_contain: (stated, became) => (stated as string[]).flatMap((text) => one((first(became)?.message.text ?? '').includes(text), text)),
  must_not_contain: (stated, became) =>
    (stated as string[]).flatMap((text) => one(first(became)?.message.text.includes(text) === false, text)),
  source_assertions: (stated, became) => (stated as string[]).flatMap((assertion) => assertions(assertion, became)),
  class: (stated, became) => {
    const isComplaint = String(stated).startsWith('complaint');
    const got = first(became)?.message.mail?.class ?? became.quarantined?.code;
    return one(isComplaint ? got === 'unmatched_report' : got === stated, got);
  },
  is_bounce: (stated, became) => one((bounceIn(became) !== null) === stated, became.quarantined?.code),
  bounce: (stated, became) => one((became.quarantined?.code === 'unmatched_bounce') === stated, became.quarantined?.code),
  smtp_code: (stated, became) => {
    const said = bounceIn(became)?.recipients.map(({ diagnostic }) => diagnostic) ?? [];
    return one(
      said.some((text) => text?.includes(String(stated))),
      said,
    );
  },
  std_reason: (stated, became) => {
    const bounce = bounceIn(became);
    return one(bounce !== null && REASONS[String(stated)]!(bounce), bounce?.code);
  },
  recipients,
  kind: (stated, became) => one(bounceIn(became)?.kind === stated, bounceIn(became)?.kind),
  decision: (stated, became) => {
    if (stated === 'not a bounce') return one(bounceIn(became) === null, became.quarantined?.code);
    if (stated === 'bounce') return one(bounceIn(became) !== null, became.quarantined?.code);
    return one(stated === 'enqueue for approval' && first(became)?.isQuarantined === true, first(became)?.isQuarantined);
  },
  dmarc: (stated, became) =>
    one(first(became)?.message.mail?.authentication?.verdict === stated, first(became)?.message.mail?.authentication),
};

/** What a test of the source asks of the first piece of a text. */
function assertions(assertion: string, became: Became): { isMet: boolean; got: unknown }[] {
  const message = first(became)?.message;
  const pattern = /^test\.equal\(true, ?\/(.*)\/\.test\(fragments\[0\]/.exec(assertion)?.[1];
  if (pattern !== undefined) return one(new RegExp(pattern).test(message?.text ?? ''), message?.text);
  if (!assertion.includes('equal(1, fragments.length)')) return [];
  return one(
    message !== undefined && (message.fullText === null || squeezed(message.fullText) === squeezed(message.text)),
    message?.fullText,
  );
}

/** Each outcome that is stated of a mail, and whether it came about. */
export function outcomesOf(entry: Entry, became: Became): Outcome[] {
  return Object.entries(entry.expect ?? {}).flatMap(([field, stated]) => {
    if (NO_OUTCOMES.has(field) || (field === 'source_assertions' && entry.expect?.['reply_text'] !== undefined)) return [];
    const rule = RULES[field];
    if (rule === undefined) throw new Error(`nobody has said what ${field} of ${entry.file} means`);
    return (rule(stated, became, entry) ?? []).map(({ isMet, got }) => ({ field, isMet, got }));
  });
}

/**
 * What other readers agree on, though no source states it: whether subject, sender and id can be read. What was made a mail here has others.
 */
export function readability({ file, consensus }: Entry, became: Became): Outcome[] {
  if (file.startsWith('replies/') && !file.endsWith('.eml')) return [];
  const from = sender(became)?.address ?? became.quarantined?.mail?.from ?? '';
  const id = (first(became)?.externalId ?? spoken(became)?.externalId ?? '').split(' ')[0]!;
  return [
    ...(consensus?.subject === undefined
      ? []
      : [{ field: 'subject', isMet: isSame(consensus.subject, subjectOf(became)), got: subjectOf(became) }]),
    ...(consensus?.from_address?.includes('@') !== true ? [] : [{ field: 'from', isMet: isSame(consensus.from_address, from), got: from }]),
    ...(consensus?.message_id === undefined || id === '' ? [] : [{ field: 'message_id', isMet: consensus.message_id === id, got: id }]),
  ];
}
