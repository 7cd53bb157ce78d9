import { z } from 'zod';
import { defineJob } from '#jobs';

/** Something was done that the other admins should hear of, in case it was not a colleague who did it. Who sends mail binds it. */
export const TellAdmins = defineJob({
  name: 'tell-admins',
  payload: z.object({ tenantId: z.uuid(), byAgentId: z.uuid(), noticeId: z.uuid() }),
});
