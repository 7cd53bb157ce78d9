import { z } from 'zod';
import { defineJob } from '#jobs';

/** Since when to look for what never reached us, at most. Messages that are older are no gap any more but history. */
export const SWEEP_BACK_DAYS_MAX = 30;

/** A connection works again: what waited to go out through it may go. Done by the room that holds the waiting messages. */
export const ReleaseParked = defineJob({
  name: 'release-parked',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
});

/** Something may have been said that never reached us: look through the page's archive. Done by the room that keeps what was said. */
export const StartSweep = defineJob({
  name: 'start-sweep',
  payload: z.object({
    tenantId: z.uuid(),
    connectionId: z.uuid(),
    sinceMs: z.number().int().min(0),
    cause: z.enum(['reconnected', 'subscription_lost']),
  }),
});

/** A connection broke: those who can mend it are told by mail, wherever they are. */
export const NotifyAdmins = defineJob({
  name: 'notify-admins',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
});

/** Somebody wrote to an agent's answering address without being that agent: the admins are told, once a day at most. */
export const AgentMailUnproven = defineJob({
  name: 'agent-mail-unproven',
  payload: z.object({ tenantId: z.uuid(), connectionId: z.uuid() }),
});
