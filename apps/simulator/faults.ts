/**
 * What can go wrong outside, switchable. A Graph fault matches calls, acts, and wears off after `times`; delivery
 * faults change how webhooks arrive; mail faults are what the customer's mail server does.
 */
import { z } from 'zod';

export const GraphCall = z.enum([
  'send',
  'upload',
  'profile',
  'page',
  'conversations',
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
  ]),
});
export type GraphFault = z.infer<typeof GraphFault>;
export type FaultAct = GraphFault['does'];
export type FailingAct = Extract<FaultAct, { kind: 'error' | 'body' | 'cut' }>;

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
});
export type DeliveryFaults = z.infer<typeof DeliveryFaults>;

export const MailFault = z.object({
  times: z.number().int().min(1).optional(),
  /** `busy`: 451 before the text; `unknown_recipient`: 550; `too_large`: 552; `cut_after_accept`: kept, then the line drops unanswered. */
  kind: z.enum(['busy', 'unknown_recipient', 'too_large', 'cut_after_accept']),
});
export type MailFault = z.infer<typeof MailFault>;

export const Faults = z.object({ graph: z.array(GraphFault), delivery: DeliveryFaults.partial(), mail: z.array(MailFault) }).partial();
export type Faults = z.infer<typeof Faults>;

const CALM_DELIVERY: DeliveryFaults = { extraCopies: 0, reorderWindow: 1, batchSize: 1, mixPages: false, holdMs: 250 };

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

  /** Every part that is named is replaced; what is left out stays. */
  set(faults: Faults): void {
    if (faults.graph) this.graph = faults.graph.map((fault) => ({ ...fault }));
    if (faults.mail) this.mail = faults.mail.map((fault) => ({ ...fault }));
    if (faults.delivery) this.delivery = { ...CALM_DELIVERY, ...faults.delivery };
  }

  clear(): void {
    this.set({ graph: [], mail: [], delivery: {} });
  }

  current(): Required<Faults> {
    return { graph: this.graph, mail: this.mail, delivery: this.delivery };
  }

  /** Takes the faults that hit this call, and counts them off. */
  forCall(call: GraphCall, pageId: string | null): CallFaults {
    const hit: CallFaults = { latencyMs: 0, usage: null, failure: null };
    for (const fault of this.graph) {
      if (fault.on && !fault.on.includes(call)) continue;
      if (fault.pageId !== undefined && fault.pageId !== pageId) continue;
      if (isFailing(fault.does)) {
        if (hit.failure) continue;
        hit.failure = fault.does;
      } else if (fault.does.kind === 'latency') hit.latencyMs += fault.does.ms;
      else hit.usage = { percent: fault.does.percent, regainMinutes: fault.does.regainMinutes ?? 0 };
      if (fault.times !== undefined) fault.times -= 1;
    }
    this.graph = this.graph.filter((fault) => fault.times !== 0);
    return hit;
  }

  /** Takes the next mail fault of one of these kinds, or null. */
  forMail(kinds: readonly MailFault['kind'][]): MailFault['kind'] | null {
    const fault = this.mail.find((candidate) => kinds.includes(candidate.kind));
    if (!fault) return null;
    if (fault.times !== undefined) fault.times -= 1;
    this.mail = this.mail.filter((candidate) => candidate.times !== 0);
    return fault.kind;
  }
}
