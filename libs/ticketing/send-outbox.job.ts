import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AgentService } from '#accounts';
import {
  ChannelError,
  Channels,
  ConnectionService,
  type OpenConnection,
  type OutboundFile,
  type OutboundMessage,
  type Sent,
} from '#channels';
import type { ChannelKind } from '#contract';
import { Jobs } from '#jobs';
import { BlobStore, Clock, Database, HOUR_MS, Log, MINUTE_MS, SECOND_MS, type TenantId, type TenantTx } from '#platform';
import { noteControl } from './control.js';
import type { ConversationId } from './ids.js';
import { Outbox, type OutboxContent, type OutboxFile } from './outbox.js';
import { OutboundStateService } from './outbound-state.service.js';
import { orderSending, SendOutbox } from './send-order.js';
import { oldestWaiting, threadBefore, type Waiting } from './waiting-message.js';

/** Before anything is tried again, what was sent after all has had the time to say so by its echo. */
const ECHO_WAIT_MS = 5 * SECOND_MS;
/** How long after each failure that may pass. A mail server may want hours: many turn strangers away for the first one. */
const TRIED_AGAIN_AFTER_MS: Record<ChannelKind, readonly number[]> = {
  messenger: [10 * SECOND_MS, 30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS],
  email: [10 * SECOND_MS, MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 30 * MINUTE_MS, ...Array<number>(6).fill(2 * HOUR_MS)],
};

const NOTED_TIMES_MAX = 3;
/** Two transactions met: a value that must be unique, or a deadlock. Source: PostgreSQL's error codes */
const MEETINGS = new Set(['23505', '40P01']);

const WAITING_FOR_RECONNECTION = new ChannelError(
  'reconnect',
  'waiting_for_reconnection',
  'This page or mailbox has to be connected again. The message is kept and goes out then, if it still may.',
);

/** A message on its way, and everything it takes along. */
interface Begun {
  waiting: Waiting;
  connection: OpenConnection;
  outbound: OutboundMessage;
}

/**
 * Sending, so that a kill at any point sends nothing twice: the row says `sending`, committed, before the vendor is called. Whoever finds
 * that word there later knows that the call may have been made, and does not make it again: the message becomes `unknown` until its echo
 * or the agent says more. What cannot go now waits in its row, with the time of the next try; the job itself never fails for it.
 */
@Injectable()
export class SendOutboxJob implements OnModuleInit {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly blobs: BlobStore,
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly states: OutboundStateService,
    private readonly jobs: Jobs,
    private readonly agents: AgentService,
    private readonly outbox: Outbox,
  ) {}

  onModuleInit(): void {
    this.jobs.bind(SendOutbox, async (payload, { signal }) => {
      while (!signal.aborted && (await this.sendNext(payload.tenantId as TenantId, payload.conversationId as ConversationId)));
    });
  }

  /** False when nothing is to be done now. */
  private async sendNext(tenantId: TenantId, conversationId: ConversationId): Promise<boolean> {
    const begun = await this.db.inTenant(tenantId, (tx) => this.begin(tx, conversationId));
    if (begun === 'nothing') return false;
    if (begun === 'settled') return true;
    const { waiting, connection, outbound } = begun;
    try {
      const sent = await this.channels.of(waiting.channel).send(connection, outbound);
      await this.noteSent(tenantId, waiting, sent);
      return true;
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.log.warn('send_failed', { messageId: waiting.id, channel: waiting.channel, code: error.code, kind: error.remedy });
      return this.db.inTenant(tenantId, (tx) => this.refused(tx, { conversationId, waiting, error }));
    }
  }

  // The echo may be stored at this very moment as somebody else's message. Whoever comes second to the id looks again and finds it there.
  private async noteSent(tenantId: TenantId, waiting: Waiting, sent: Sent): Promise<void> {
    for (let turn = 1; ; turn++) {
      try {
        await this.db.inTenant(tenantId, async (tx) => {
          await this.states.sent(tx, waiting.id, sent);
          if (waiting.code === 'page_restricted') await this.restrict(tx, waiting, 'unblock');
        });
        return;
      } catch (error) {
        if (turn === NOTED_TIMES_MAX || !MEETINGS.has((error as { code?: string }).code ?? '')) throw error;
      }
    }
  }

  private async begin(tx: TenantTx, conversationId: ConversationId): Promise<Begun | 'settled' | 'nothing'> {
    const waiting = await oldestWaiting(tx, conversationId);
    if (!waiting) return 'nothing';
    if (waiting.state === 'queued' && waiting.nextAttemptAt !== null && waiting.nextAttemptAt > this.clock.now()) {
      await orderSending(this.jobs, tx, conversationId, waiting.nextAttemptAt);
      return 'nothing';
    }
    const content = await this.outbox.look(tx, waiting.id);
    const connection = await this.connections.open(tx, waiting.connectionId);
    const refused = await this.refusalBeforeSending(tx, { waiting, connection, content });
    if (refused === WAITING_FOR_RECONNECTION) {
      await this.states.park(tx, conversationId, refused);
      return 'nothing';
    }
    if (refused || !content) {
      await this.states.failed(tx, waiting.id, refused!);
      if (waiting.code !== null) await this.states.comeBack(tx, conversationId);
      return 'settled';
    }
    await this.states.sending(tx, waiting.id);
    return { waiting, connection, outbound: await this.compose(tx, conversationId, { waiting, connection, content }) };
  }

  private async compose(
    tx: TenantTx,
    conversationId: ConversationId,
    { waiting, connection, content }: { waiting: Waiting; connection: OpenConnection; content: OutboxContent },
  ): Promise<OutboundMessage> {
    const { id, to, toName, agentId, subject, createdAt, lastInboundAt } = waiting;
    const name = (await this.agents.names(tx, [agentId])).get(agentId ?? '') ?? connection.name;
    const thread = await threadBefore(tx, conversationId, id);
    const files = content.files.map((file) => this.readable(file));
    const person = { to, toName, subject, lastInboundAt, createdAt, agent: { id: agentId, name } };
    const mail = { bcc: [], forward: null, html: null, signature: '', automatic: false };
    return { ...content, ...person, ...thread, ...mail, messageId: id, conversationId, files };
  }

  private readable(file: OutboxFile): OutboundFile {
    const lost = () => new ChannelError('give_up', 'attachment_lost', 'The attached file is no longer there. Attach it again.');
    return {
      ...file,
      read: () =>
        this.blobs.read(file.blob).catch((error: unknown) => {
          throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? lost() : error;
        }),
    };
  }

  private async refusalBeforeSending(
    tx: TenantTx,
    { waiting, connection, content }: { waiting: Waiting; connection: OpenConnection; content: OutboxContent | null },
  ): Promise<ChannelError | null> {
    if (waiting.state === 'sending') {
      return new ChannelError(
        'unknown',
        'maybe_sent',
        'Omnidesk stopped while this was being sent. It may have arrived; look before sending it again.',
      );
    }
    if (!content) return new ChannelError('give_up', 'nothing_to_send', 'What was to be sent is no longer there.');
    const state = await this.connections.stateOf(tx, waiting.connectionId);
    if (state === 'disconnected') {
      return new ChannelError(
        'give_up',
        'connection_gone',
        'This page or mailbox is no longer connected. Connect it again to answer here.',
      );
    }
    if (this.isTooLate(waiting, connection, content)) {
      return new ChannelError('give_up', 'reply_window_closed', 'The time in which an answer is allowed ended before this could be sent.');
    }
    return state === 'needs_reconnecting' ? WAITING_FOR_RECONNECTION : null;
  }

  private isTooLate({ channel, kind, lastInboundAt }: Waiting, { settings }: OpenConnection, { place, writtenBy }: OutboxContent): boolean {
    if (place.kind !== 'person') return false;
    const question = { place: kind, lastInboundAt, now: this.clock.now(), writtenBy, humanAgent: settings.humanAgent };
    return this.channels.of(channel).replyWindow(question).state === 'closed';
  }

  /** True when the next message may be looked at. */
  private async refused(
    tx: TenantTx,
    { conversationId, waiting, error }: { conversationId: ConversationId; waiting: Waiting; error: ChannelError },
  ): Promise<boolean> {
    const { id, connectionId } = waiting;
    switch (error.remedy) {
      case 'reconnect':
        await this.connections.markBroken(tx, connectionId, error.reason);
        await this.states.park(tx, conversationId, WAITING_FOR_RECONNECTION);
        return false;
      case 'try_later':
        if (error.code === 'page_restricted') await this.restrict(tx, waiting, 'block');
        return this.tryLater(tx, { conversationId, waiting, error });
      case 'unknown':
        await this.states.failed(tx, id, error);
        return true;
      case 'give_up':
        await this.states.failed(tx, id, error);
        if (error.code === 'permission_missing') await this.connections.markProblem(tx, connectionId, error.reason);
        if (error.code === 'controlled_by_other_app') await noteControl(tx, conversationId, { isOther: true, at: this.clock.now() });
        if (waiting.code !== null || error.code === 'controlled_by_other_app') await this.states.comeBack(tx, conversationId);
        return true;
      default:
        throw new Error(`unreachable: ${error.remedy satisfies never}`);
    }
  }

  private async tryLater(
    tx: TenantTx,
    { conversationId, waiting, error }: { conversationId: ConversationId; waiting: Waiting; error: ChannelError },
  ): Promise<boolean> {
    const delays = TRIED_AGAIN_AFTER_MS[waiting.channel];
    // A brake is nobody's failure: it costs no try, and ends with the window at the latest.
    const counts = error.retryAfterMs === null;
    const delayMs = error.retryAfterMs ?? delays[waiting.attempts];
    if (delayMs === undefined) {
      await this.states.failed(tx, waiting.id, new ChannelError('give_up', error.code, error.reason));
      await this.states.comeBack(tx, conversationId);
      return true;
    }
    const at = new Date(this.clock.now().getTime() + Math.max(delayMs, ECHO_WAIT_MS));
    await this.outbox.plan(tx, waiting.id, { at, counts });
    await this.states.queuedAgain(tx, waiting.id, error);
    await orderSending(this.jobs, tx, conversationId, at);
    return false;
  }

  private async restrict(tx: TenantTx, { connectionId }: Waiting, action: 'block' | 'unblock'): Promise<void> {
    await this.connections.markRestriction(tx, connectionId, { action, reason: null, actedAt: this.clock.now() });
  }
}
