import { z } from 'zod';
import { defineJob } from '#jobs';

/** What an agent hears of his account, or is sent a link for. */
export const AgentMailKind = z.enum([
  'invited',
  'password_reset_asked',
  'password_changed',
  'second_factor_added',
  'second_factor_removed',
  'second_factors_taken_away',
  'second_factor_guessed',
  'recovery_code_used',
  'recovery_codes_made',
  'present_address_asked',
  'next_address_asked',
  'address_changed',
  'networks_changed',
  'much_read',
  'identity_connected',
  'identity_disconnected',
]);
export type AgentMailKind = z.infer<typeof AgentMailKind>;

/**
 * One mail from the installation to one agent. Bound by a room above, which can send; a link in it is made by `AgentLinks` at that moment,
 * so that what opens something lies in no queue.
 */
export const MailAgent = defineJob({
  name: 'mail-agent',
  payload: z.object({ tenantId: z.uuid(), agentId: z.uuid(), mailId: z.uuid(), kind: AgentMailKind }),
});

/** Somebody asked for a new password; `agents`: whom the address belongs to, which may be nobody. */
export const AskedPasswordReset = defineJob({
  name: 'asked-password-reset',
  payload: z.object({ agents: z.array(z.object({ tenantId: z.uuid(), agentId: z.uuid() })) }),
});
