import { createHash, createPublicKey, verify } from 'node:crypto';

/*
 * Checks an exported chain of the audit without anything of Omnidesk's: not its database, not its code. Written from the description at the
 * top of libs/audit/chain.ts alone, so that a mistake in one is found by the other. Whoever trusts neither can write it again.
 *
 * The first line of an export names the chain, its head, and the heads that were recorded earlier, all signed by the installation; each
 * further line is one entry: its number, its exact text, its hash, and the personal values that are still beside it, with their salts.
 *
 * What this cannot see from the export alone is an end that was cut off before it was made, together with every recorded head that knew
 * of it. Heads that somebody keeps elsewhere (the log's `audit_head`, an earlier export) are given as `keptHeads`.
 */

interface KnownHead {
  seq: number;
  /** In hex. */
  hash: string;
}

type SignedHead = KnownHead & { at: string; signature: string };

export interface ChainReport {
  chain: string;
  /** How many entries hold, from the first. */
  entries: number;
  /** The last of them. */
  upTo: { seq: number; hash: string; at: string } | null;
  /** The first number at which the chain does not hold. */
  broken: { seq: number; reason: string } | null;
}

interface First {
  chain: string;
  publicKey: string;
  head: SignedHead;
  recordedHeads: SignedHead[];
}

interface Line {
  seq: number;
  entry: string;
  hash: string;
  personal: { name: string; value: string; salt: string }[];
}

interface Said {
  chain: string;
  seq: number;
  at: string;
  personal?: Record<string, string>;
}

const FORMAT = 'omnidesk-audit-1';

/**
 * Follow an exported chain line by line.
 *
 * Shape    lines: of the export, in their order; keptHeads: heads of this chain from elsewhere; publicKey: the installation's, where it is
 *          known from elsewhere, else the export's own word is taken
 * Errors   throws for what is not an export at all
 */
export async function verifyChain(
  lines: Iterable<string> | AsyncIterable<string>,
  { keptHeads = [], publicKey }: { keptHeads?: readonly KnownHead[]; publicKey?: string } = {},
): Promise<ChainReport> {
  let first: First | undefined;
  let heads = new Map<number, Set<string>>();
  let previous = Buffer.alloc(32);
  const report: ChainReport = { chain: '', entries: 0, upTo: null, broken: null };
  const broken = (seq: number, reason: string): ChainReport => ({ ...report, broken: { seq, reason } });
  for await (const text of lines) {
    if (text.trim() === '') continue;
    if (first === undefined) {
      first = firstOf(text);
      report.chain = first.chain;
      const signed = [first.head, ...first.recordedHeads];
      const forged = signed.find((head) => !isSigned(head, first!.chain, publicKey ?? first!.publicKey));
      if (forged) return broken(forged.seq, 'head_forged');
      heads = headsBySeq([...signed, ...keptHeads]);
      continue;
    }
    const expected = report.entries + 1;
    const line = JSON.parse(text) as Line;
    const reason = line.seq > expected ? 'missing' : whyNot(line, { previous, chain: first.chain, expected });
    if (reason !== null) return broken(expected, reason);
    if ([...(heads.get(expected) ?? [])].some((hash) => hash !== line.hash)) return broken(expected, 'rewritten');
    previous = Buffer.from(line.hash, 'hex');
    report.entries = expected;
    report.upTo = { seq: expected, hash: line.hash, at: (JSON.parse(line.entry) as Said).at };
  }
  if (first === undefined) throw new Error('This is not an export of an audit chain.');
  if (report.entries < first.head.seq) return broken(report.entries + 1, 'missing');
  const isCutOff = [...heads.keys()].some((seq) => seq > report.entries);
  return isCutOff ? broken(report.entries + 1, 'cut_off') : report;
}

function firstOf(text: string): First {
  const first = JSON.parse(text) as First & { format?: string };
  if (first.format !== FORMAT) throw new Error('This is not an export of an audit chain.');
  return first;
}

function whyNot(line: Line, { previous, chain, expected }: { previous: Buffer; chain: string; expected: number }): string | null {
  const said = parsed(line.entry);
  if (said === null || oneForm(said) !== line.entry) return 'changed';
  if (line.seq !== expected || said.seq !== expected || said.chain !== chain) return 'moved';
  if (digest(previous, line.entry) !== line.hash) return 'changed';
  for (const { name, value, salt } of line.personal) {
    if (said.personal?.[name] !== digest(Buffer.from(salt, 'hex'), oneForm([name, value]))) return 'personal_changed';
  }
  return null;
}

function parsed(text: string): Said | null {
  try {
    return JSON.parse(text) as Said | null;
  } catch {
    return null;
  }
}

/** RFC 8785: members in the order of their names' UTF-16 code units, no spaces, everything else as ECMAScript writes it. */
function oneForm(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([one], [other]) => (one < other ? -1 : 1)))
      : member,
  );
}

function digest(before: Buffer, text: string): string {
  return createHash('sha256').update(before).update(text, 'utf8').digest('hex');
}

function isSigned({ seq, hash, at, signature }: SignedHead, chain: string, publicKey: string): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(oneForm({ chain, seq, hash, at })), key, Buffer.from(signature, 'base64'));
}

function headsBySeq(heads: readonly KnownHead[]): Map<number, Set<string>> {
  const bySeq = new Map<number, Set<string>>();
  for (const { seq, hash } of heads) {
    if (seq > 0) bySeq.set(seq, (bySeq.get(seq) ?? new Set()).add(hash));
  }
  return bySeq;
}
