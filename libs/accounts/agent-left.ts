import { z } from 'zod';
import { defineJob } from '#jobs';

/** Somebody has deleted the account. Bound by a room above, which gave the name to others. */
export const AgentLeft = defineJob({ name: 'agent-left', payload: z.object({ tenantId: z.uuid(), agentId: z.uuid() }) });
