import { z } from 'zod';
import { defineJob } from '#jobs';

/** Tell the writer of the mail that opened a conversation that it has arrived, where that may be. */
export const Acknowledge = defineJob({
  name: 'acknowledge-mail',
  payload: z.object({
    tenantId: z.uuid(),
    conversationId: z.uuid(),
    messageId: z.uuid(),
    /** The answer goes to the very address that the sender's domain vouches for. */
    isProven: z.boolean(),
  }),
});
