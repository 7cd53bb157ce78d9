import type { TokenBearer, TokenSeal } from './mail-token.js';

/** Whose answer by mail it is, as the token of a notification says. */
export interface AgentToken {
  agentId: string;
  conversationId: string;
}

/** The agent's token in a mail, if it was minted with this seal and is still good. */
export function findAgentToken(_seal: TokenSeal, _mail: TokenBearer, _now: Date): AgentToken | null {
  return null;
}
