/**
 * What can go wrong outside, switchable. A Graph fault matches calls, acts, and wears off after `times`; delivery
 * faults change how webhooks arrive; mail faults are what the customer's mail server does.
 */
import { z } from 'zod';

export const GraphCall = z.enum([
  'send',
  /** Typing, seen and reactions; they go to the same address as messages. */
  'action',
  'upload',
  'profile',
  'page',
  /** Threads, what was said in them, and one message. */
  'conversations',
  /** Who has a thread, and changing that. */
  'thread_control',
  'personas',
  /** Answering, hiding, liking and removing what stands below a post. */
  'comment',
  'accounts',
  'subscribe',
  'app_subscribe',
  'debug_token',
  'oauth',
]);
export type GraphCall = z.infer<typeof GraphCall>;

const LATENCY_MS_MAX = 120_000;
const EXTRA_COPIES_MAX = 20;
/** Source: Meta, "Webhooks": up to 1,000 updates in one POST. */
const BATCH_MAX = 1000;

/** `acceptFirst`: the call is carried out and only its answer is bad, so a caller that simply repeats it sends twice. */
const acceptFirst = z.boolean().optional();

export const GraphFault = z.object({
  on: z.array(GraphCall).optional(),
  pageId: z.string().optional(),
  /** Wears off after so many calls; left out: until the faults are set anew. */
  times: z.number().int().min(1).optional(),
  /** Lets so many matching calls through first. */
  after: z.number().int().min(1).optional(),
  does: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('latency'), ms: z.number().int().min(0).max(LATENCY_MS_MAX) }),
    z.object({ kind: z.literal('usage'), percent: z.number().min(0), regainMinutes: z.number().min(0).optional() }),
    z.object({
      kind: z.literal('error'),
      code: z.number().int(),
      subcode: z.number().int().optional(),
      message: z.string().optional(),
      type: z.string().optional(),
      httpStatus: z.number().int().min(200).max(599).optional(),
      isTransient: z.boolean().optional(),
      acceptFirst,
    }),
    z.object({
      kind: z.literal('body'),
      httpStatus: z.number().int().min(200).max(599),
      body: z.string(),
      contentType: z.string().optional(),
      acceptFirst,
    }),
    z.object({ kind: z.literal('cut'), acceptFirst }),
    /** No answer at all, for as long as the caller cares to wait. */
    z.object({ kind: z.literal('silence'), acceptFirst }),
    /** The page's token dies with this call, and stays dead. */
    z.object({ kind: z.literal('token_death'), subcode: z.number().int(), acceptFirst }),
  ]),
});
export type GraphFault = z.infer<typeof GraphFault>;
export type FaultAct = GraphFault['does'];
export type FailingAct = Exclude<FaultAct, { kind: 'latency' | 'usage' }>;

export const DeliveryFaults = z.object({
  /** How many more times each delivery is posted, at the same moment as the first. */
  extraCopies: z.number().int().min(0).max(EXTRA_COPIES_MAX),
  /** Hold back so many events and deliver them shuffled; 1 = in order. */
  reorderWindow: z.number().int().min(1).max(BATCH_MAX),
  /** Put up to so many events into one body; 1 = one each. */
  batchSize: z.number().int().min(1).max(BATCH_MAX),
  /** Let one body hold events of several pages. */
  mixPages: z.boolean(),
  /** Shorter bursts are delivered after this long. */
  holdMs: z.number().int().min(0).max(LATENCY_MS_MAX),
  /** Fields of which every event is lost: nobody ever hears of it. */
  lost: z.array(z.string()),
});
export type DeliveryFaults = z.infer<typeof DeliveryFaults>;

/**
 * What the customers' mail server does wrong, in the order of a conversation: `tls_failure` it offers TLS with a certificate nobody
 * vouches for; `sign_in_refused` 535; `closing` 421; `slow` each answer takes its time; `sender_refused` 553 for a sender with a plus;
 * `greylisted` 450; `unknown_recipient` 550; `busy` 451; `too_large` 552; `rejected` 554; `hang_after_data` no answer to the text;
 * `drop_after_dot` the line drops instead of one, and nothing is kept; `cut_after_accept` it drops, and the mail is kept.
 */
export const MAIL_FAULT_NAMES = [
  'tls_failure',
  'sign_in_refused',
  'closing',
  'slow',
  'sender_refused',
  'greylisted',
  'unknown_recipient',
  'busy',
  'too_large',
  'rejected',
  'hang_after_data',
  'drop_after_dot',
  'cut_after_accept',
] as const;

export const MailFault = z.object({
  times: z.number().int().min(1).optional(),
  kind: z.enum(MAIL_FAULT_NAMES),
  /** Only mail to people of this domain; faults that show before anybody is named hit everyone all the same. */
  domain: z.string().optional(),
});
export type MailFault = z.infer<typeof MailFault>;

export const MediaFault = z.object({
  times: z.number().int().min(1).optional(),
  /** `expired`: 403 as after `oe`; `gone`: 404; `broken`: 500; `cut`: the line drops halfway. */
  kind: z.enum(['expired', 'gone', 'broken', 'cut']),
});
export type MediaFault = z.infer<typeof MediaFault>;

export const DnsFault = z.object({
  times: z.number().int().min(1).optional(),
  /** This name and everything below it; left out: every name. */
  name: z.string().optional(),
  kind: z.enum(['servfail', 'silence']),
});
export type DnsFault = z.infer<typeof DnsFault>;

/** What goes wrong: calls of the Graph API, webhooks, the customers' mail server, the picture server, the DNS. */
export const Faults = z
  .object({
    graph: z.array(GraphFault),
    delivery: DeliveryFaults.partial(),
    mail: z.array(MailFault),
    media: z.array(MediaFault),
    dns: z.array(DnsFault),
  })
  .partial();
export type Faults = z.infer<typeof Faults>;

const CALM_DELIVERY: DeliveryFaults = { extraCopies: 0, reorderWindow: 1, batchSize: 1, mixPages: false, holdMs: 250, lost: [] };

const isFailing = (act: FaultAct): act is FailingAct => act.kind !== 'latency' && act.kind !== 'usage';

/** What one call must suffer: first the latency, then at most one failure; the usage goes into the headers. */
export interface CallFaults {
  latencyMs: number;
  usage: { percent: number; regainMinutes: number } | null;
  failure: FailingAct | null;
}

export class FaultDesk {
  delivery: DeliveryFaults = { ...CALM_DELIVERY };
  private graph: GraphFault[] = [];
  private mail: MailFault[] = [];
  private media: MediaFault[] = [];
  private dns: DnsFault[] = [];

  /** Every part that is named is replaced; what is left out stays. */
  set(faults: Faults): void {
    if (faults.graph) this.graph = faults.graph.map((fault) => ({ ...fault }));
    if (faults.mail) this.mail = faults.mail.map((fault) => ({ ...fault }));
    if (faults.media) this.media = faults.media.map((fault) => ({ ...fault }));
    if (faults.dns) this.dns = faults.dns.map((fault) => ({ ...fault }));
    if (faults.delivery) this.delivery = { ...CALM_DELIVERY, ...faults.delivery };
  }

  /** One more, behind those that are on. */
  add(fault: GraphFault): void {
    this.graph.push({ ...fault });
  }

  clear(): void {
    this.set({ graph: [], mail: [], media: [], dns: [], delivery: {} });
  }

  current(): Required<Faults> {
    return { graph: this.graph, mail: this.mail, media: this.media, dns: this.dns, delivery: this.delivery };
  }

  /** Takes the faults that hit this call, and counts them off. */
  forCall(call: GraphCall, pageId: string | null): CallFaults {
    const hit: CallFaults = { latencyMs: 0, usage: null, failure: null };
    for (const fault of this.graph) {
      if (fault.on && !fault.on.includes(call)) continue;
      if (fault.pageId !== undefined && fault.pageId !== pageId) continue;
      if (hit.failure && isFailing(fault.does)) continue;
      if (fault.after !== undefined && fault.after > 0) {
        fault.after -= 1;
        continue;
      }
      if (isFailing(fault.does)) {
        hit.failure = fault.does;
      } else if (fault.does.kind === 'latency') hit.latencyMs += fault.does.ms;
      else hit.usage = { percent: fault.does.percent, regainMinutes: fault.does.regainMinutes ?? 0 };
      if (fault.times !== undefined) fault.times -= 1;
    }
    this.graph = this.graph.filter((fault) => fault.times !== 0);
    return hit;
  }

  /** Takes the next mail fault of one of these kinds, or null. `recipient`: for whom the mail is, once that is known. */
  forMail(kinds: readonly MailFault['kind'][], recipient?: string): MailFault['kind'] | null {
    const hits = ({ kind, domain }: MailFault): boolean =>
      kinds.includes(kind) && (domain === undefined || recipient === undefined || recipient.toLowerCase().endsWith(`@${domain}`));
    const fault = this.mail.find(hits);
    if (!fault) return null;
    if (fault.times !== undefined) fault.times -= 1;
    this.mail = this.mail.filter((candidate) => candidate.times !== 0);
    return fault.kind;
  }

  /** Takes the next fault of the DNS that hits this name, or null. */
  forDns(name: string): DnsFault['kind'] | null {
    const fault = this.dns.find((one) => one.name === undefined || name === one.name || name.endsWith(`.${one.name}`));
    if (!fault) return null;
    if (fault.times !== undefined) fault.times -= 1;
    this.dns = this.dns.filter((candidate) => candidate.times !== 0);
    return fault.kind;
  }

  /** Takes the next fault of the picture server, or null. */
  forMedia(): MediaFault['kind'] | null {
    const [fault] = this.media;
    if (!fault) return null;
    if (fault.times !== undefined) fault.times -= 1;
    this.media = this.media.filter((candidate) => candidate.times !== 0);
    return fault.kind;
  }
}
