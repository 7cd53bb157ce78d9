import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AgentService } from '#accounts';
import { Clock, DAY_MS, type TenantTx } from '#platform';
import type { ConnectionId } from '../connection-id.js';

/*
 * The secret by which an agent answers by mail: the address that a notification is answered to.
 *
 *   name+a{26}@domain      130 random bits in base32, lower case because mail servers fold case
 *
 * It is good for one agent, one conversation and one mailbox, for 30 days, and only together with the agent's own address, signed by that
 * address's own domain. The table holds its digest alone: who reads the table cannot answer. There is one form and one length; everything
 * else is no token at all, never a check that is left out.
 */

/** Whose answer by mail it is, as the token of a notification says. */
export interface AgentToken {
  /** Null for an address that looks like a token and is none (any more): it proves nothing. */
  known: { agentId: string; conversationId: string; address: string } | null;
}

const TOKEN_CHARS = 26;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const TOKEN = /^[^@+]+\+a([a-z2-7]{26})@[^@]+$/;
const LOCAL_PART_OCTETS_MAX = 64;
/** A notification can be answered for so long. */
export const AGENT_TOKEN_DAYS_MAX = 30;
/** A mail names no more addresses than are looked at. */
const ADDRESSES_MAX = 200;

/** Which agent an answer by mail is from. */
@Injectable()
export class AgentTokens {
  constructor(
    private readonly clock: Clock,
    private readonly agents: AgentService,
  ) {}

  /** An address that only this agent gets to know. Null where the mailbox's own name leaves no room for a token, or holds a "+" itself. */
  async mint(tx: TenantTx, { connectionId, agentId, conversationId }: AgentTokenFor, mailboxAddress: string): Promise<string | null> {
    const at = mailboxAddress.lastIndexOf('@');
    const token = Array.from(randomBytes(TOKEN_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]!).join('');
    const local = `${mailboxAddress.slice(0, at)}+a${token}`;
    if (at <= 0 || mailboxAddress.slice(0, at).includes('+') || Buffer.byteLength(local) > LOCAL_PART_OCTETS_MAX) return null;
    await tx.query(
      `insert into agent_mail_token (tenant_id, digest, connection_id, agent_id, conversation_id, expires_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [
        tx.tenantId,
        digestOf(token),
        connectionId,
        agentId,
        conversationId,
        new Date(this.clock.now().getTime() + AGENT_TOKEN_DAYS_MAX * DAY_MS),
      ],
    );
    return `${local}@${mailboxAddress.slice(at + 1)}`;
  }

  /**
   * The agent's token among the addresses a mail was sent to, in whatever header or envelope. Null: none of them looks like one. It says
   * who was asked, not who answers: that is for `known.address` and an aligned signature to prove.
   *
   * Limits   the first 200 addresses
   */
  async find(tx: TenantTx, connectionId: ConnectionId, addresses: readonly string[]): Promise<AgentToken | null> {
    const tokens = [...new Set(addresses.slice(0, ADDRESSES_MAX).flatMap(tokenIn))];
    if (tokens.length === 0) return null;
    // One token is one agent: a mail that carries two is no answer to a notification.
    if (tokens.length > 1) return { known: null };
    const [row] = await tx.query<{ agentId: string; conversationId: string }>(
      `select agent_id as "agentId", conversation_id as "conversationId" from agent_mail_token
       where digest = $1 and connection_id = $2 and expires_at > $3`,
      [digestOf(tokens[0]!), connectionId, this.clock.now()],
    );
    const agent = row ? await this.agents.byId(tx, row.agentId) : null;
    // Who has left answers nobody.
    return { known: row && agent?.state === 'active' ? { ...row, address: agent.email.toLowerCase() } : null };
  }

  /** Forget what can no longer be answered. */
  async sweep(tx: TenantTx): Promise<void> {
    await tx.query('delete from agent_mail_token where expires_at < $1', [this.clock.now()]);
  }
}

export interface AgentTokenFor {
  connectionId: ConnectionId;
  agentId: string;
  conversationId: string;
}

/** The token in an address, if it has the one form of one; @internal for the tests of that form. */
export function tokenIn(address: string): string[] {
  // Lower case for ASCII only: other alphabets have letters that fold into ours, and would be a second way to write a token.
  const match = /^[\x21-\x7e]*$/.test(address) ? TOKEN.exec(address.toLowerCase()) : null;
  return match ? [match[1]!] : [];
}

// A digest that is looked up leaks nothing by the time it takes: whoever guesses does not choose the digest.
function digestOf(token: string): Buffer {
  return createHash('sha256').update(`omnidesk agent mail token ${token}`).digest();
}
