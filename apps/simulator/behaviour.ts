import { z } from 'zod';

const ECHO_EARLIEST_MS = -1000;
const ECHO_LATEST_MS = 60_000;

/**
 * What the vendor does after a send was accepted.
 *
 * Shape    echo: answered before the send is (`before`), right after (`after`), never, or so many ms around the answer, by chance;
 *          receipts: whether the customer's phone reports delivery by itself, and whether it also reports the thread as read
 */
export const Behaviour = z.object({
  echo: z.union([
    z.enum(['before', 'after', 'none']),
    z.object({
      fromMs: z.number().int().min(ECHO_EARLIEST_MS).max(ECHO_LATEST_MS),
      toMs: z.number().int().min(ECHO_EARLIEST_MS).max(ECHO_LATEST_MS),
    }),
  ]),
  receipts: z.enum(['none', 'delivered', 'delivered_and_read']),
  requireAppSecretProof: z.boolean(),
});
export type Behaviour = z.infer<typeof Behaviour>;

/** Quick and in order, for tests. */
export const PROMPT_BEHAVIOUR: Behaviour = { echo: 'after', receipts: 'delivered', requireAppSecretProof: false };
/** As real life does it. */
export const LIFELIKE_BEHAVIOUR: Behaviour = { echo: { fromMs: -50, toMs: 2000 }, receipts: 'delivered', requireAppSecretProof: false };
