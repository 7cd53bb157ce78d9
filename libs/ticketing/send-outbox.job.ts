import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TenantService } from '#accounts';
import { ChannelError, Channels, ConnectionService, type OpenConnection, type OutboundMessage, type Sent } from '#channels';
import { Jobs } from '#jobs';
import { Clock, Database, Log, SECOND_MS, type TenantId, type TenantTx } from '#platform';
import { noteControl } from './control.js';
import type { ConversationId } from './ids.js';
import { MailRecipients } from './mail-recipient.js';
import { Outbox, type OutboxContent } from './outbox.js';
import { OutboundComposer } from './outbound-composer.service.js';
import { OutboundStateService } from './outbound-state.service.js';
import { isTooOld, pauseBeforeRetryMs, RETRY_TIMES } from './retry-times.js';
import { orderSending, SendOutbox } from './send-order.js';
import { suppressionOf } from './suppression.js';
import { oldestWaiting, type Waiting } from './waiting-message.js';

/** Before anything is tried again, what was sent after all has had the time to say so by its echo. */
const ECHO_WAIT_MS = 5 * SECOND_MS;
const NOTED_TIMES_MAX = 3;
/** Two transactions met: a value that must be unique, or a deadlock. Source: PostgreSQL's error codes */
const MEETINGS = new Set(['23505', '40P01']);

const WAITING_FOR_RECONNECTION = new ChannelError(
  'reconnect',
  'waiting_for_reconnection',
  'This page or mailbox has to be connected again. The message is kept and goes out then, if it still may.',
);

const WAITING_FOR_RESUMPTION = new ChannelError(
  'try_later',
  'tenant_suspended',
  'Access for your business is suspended. The message is kept and goes out afterwards, if it still may.',
);

/** A message on its way, and everything it takes along. */
interface Begun {
  waiting: Waiting;
  connection: OpenConnection;
  outbound: OutboundMessage;
}

/** A message that does not go now. */
interface Refused {
  conversationId: ConversationId;
  waiting: Waiting;
  error: ChannelError;
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
    private readonly channels: Channels,
    private readonly connections: ConnectionService,
    private readonly states: OutboundStateService,
    private readonly jobs: Jobs,
    private readonly outbox: Outbox,
    private readonly composer: OutboundComposer,
    private readonly recipients: MailRecipients,
    private readonly tenants: TenantService,
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
      const { left } = sent;
      if (left !== undefined) return await this.db.inTenant(tenantId, (tx) => this.partlySent(tx, { conversationId, waiting }, left));
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
    const waiting = await oldestWaiting(tx, conversationId, this.clock.now());
    if (!waiting) return 'nothing';
    if (waiting.state === 'queued' && waiting.nextAttemptAt !== null && waiting.nextAttemptAt > this.clock.now()) {
      await orderSending(this.jobs, tx, conversationId, waiting.nextAttemptAt);
      return 'nothing';
    }
    const content = await this.outbox.look(tx, waiting.id);
    const connection = await this.connections.open(tx, waiting.connectionId);
    const refused = await this.refusalBeforeSending(tx, { waiting, connection, content });
    if (refused === WAITING_FOR_RECONNECTION || refused === WAITING_FOR_RESUMPTION) {
      await this.states.park(tx, conversationId, refused);
      return 'nothing';
    }
    if (refused || !content) {
      await this.states.failed(tx, waiting.id, refused!);
      if (hasWaited(waiting)) await this.states.comeBack(tx, conversationId);
      return 'settled';
    }
    const outbound = await this.composer.compose(tx, conversationId, { waiting, connection, content });
    const hold = await this.channels.of(waiting.channel).hold?.(tx, connection, recipientsOf(outbound));
    if (hold) {
      await this.keepWaiting(tx, { conversationId, waiting, error: hold.error, isQuiet: hold.isQuiet });
      return 'settled';
    }
    await this.states.sending(tx, waiting.id);
    if (waiting.channel === 'email') await this.recipients.remember(tx, outbound);
    return { waiting, connection, outbound };
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
    if (waiting.channel === 'email' && content.forward === null && (await suppressionOf(tx, content.to ?? waiting.to)) !== null) {
      return new ChannelError('give_up', 'address_suppressed', 'Mail to this address came back meanwhile, so nothing more is sent there.');
    }
    if (!(await this.tenants.isActive(tx))) return WAITING_FOR_RESUMPTION;
    return state === 'needs_reconnecting' ? WAITING_FOR_RECONNECTION : null;
  }

  private isTooLate({ channel, kind, lastInboundAt }: Waiting, { settings }: OpenConnection, { place, writtenBy }: OutboxContent): boolean {
    if (place.kind !== 'person') return false;
    const question = { place: kind, lastInboundAt, now: this.clock.now(), writtenBy, humanAgent: settings.humanAgent };
    return this.channels.of(channel).replyWindow(question).state === 'closed';
  }

  /** True when the next message may be looked at. */
  private async refused(tx: TenantTx, { conversationId, waiting, error }: Refused): Promise<boolean> {
    const { connectionId } = waiting;
    switch (error.remedy) {
      case 'reconnect':
        await this.connections.markBroken(tx, connectionId, error);
        await this.states.park(tx, conversationId, WAITING_FOR_RECONNECTION);
        return false;
      case 'try_later':
        if (error.code === 'page_restricted') await this.restrict(tx, waiting, 'block');
        return this.tryLater(tx, { conversationId, waiting, error });
      case 'unknown':
        await this.end(tx, waiting, error);
        return true;
      case 'give_up':
        await this.end(tx, waiting, error);
        if (error.code === 'permission_missing') await this.connections.markProblem(tx, connectionId, { code: error.code });
        if (error.code === 'controlled_by_other_app') await noteControl(tx, conversationId, { isOther: true, at: this.clock.now() });
        if (hasWaited(waiting) || error.code === 'controlled_by_other_app') await this.states.comeBack(tx, conversationId);
        return true;
      default:
        throw new Error(`unreachable: ${error.remedy satisfies never}`);
    }
  }

  private async tryLater(tx: TenantTx, refused: Refused): Promise<boolean> {
    const { waiting, error } = refused;
    const now = this.clock.now();
    // A brake is nobody's failure: it costs no try, and ends with the window at the latest.
    const delayMs = error.retryAfterMs ?? pauseBeforeRetryMs(waiting, now);
    if (delayMs === null) {
      await this.giveUp(tx, refused);
      return true;
    }
    const at = new Date(now.getTime() + Math.max(delayMs, ECHO_WAIT_MS));
    await this.outbox.plan(tx, waiting.id, { at, counts: error.retryAfterMs === null, now });
    if (waiting.attempts < RETRY_TIMES[waiting.channel].untold) await this.states.queuedUntold(tx, waiting.id);
    else await this.states.queuedAgain(tx, waiting.id, error);
    await orderSending(this.jobs, tx, refused.conversationId, at);
    return true;
  }

  /** Nothing is wrong with it, it only has to wait its turn: no try is spent, and nothing was sent. */
  private async keepWaiting(tx: TenantTx, held: Refused & { isQuiet: boolean }): Promise<void> {
    const { conversationId, waiting, error, isQuiet } = held;
    const now = this.clock.now();
    if (isTooOld(waiting, now)) {
      await this.giveUp(tx, held);
      return;
    }
    const at = new Date(now.getTime() + Math.max(error.retryAfterMs ?? 0, SECOND_MS));
    await this.outbox.wait(tx, waiting.id, at);
    if (!isQuiet) await this.states.queuedAgain(tx, waiting.id, error);
    await orderSending(this.jobs, tx, conversationId, at);
  }

  /** Everybody has it but some whose mail servers want to be asked later: only those are asked again. */
  private async partlySent(tx: TenantTx, { conversationId, waiting }: Omit<Refused, 'error'>, left: readonly string[]): Promise<boolean> {
    await this.outbox.narrow(tx, waiting.id, left);
    const reason = `The mail server did not take it for ${left.join(', ')} yet. The others have got it; this is tried again by itself.`;
    return this.tryLater(tx, { conversationId, waiting, error: new ChannelError('try_later', 'partly_sent', reason) });
  }

  private async giveUp(tx: TenantTx, { conversationId, waiting, error }: Refused): Promise<void> {
    await this.end(tx, waiting, new ChannelError('give_up', error.code, error.reason));
    await this.states.comeBack(tx, conversationId);
  }

  /** It is not tried any more. Where only copies were left it has been sent, and says who did not get it. */
  private async end(tx: TenantTx, waiting: Waiting, error: ChannelError): Promise<void> {
    const content = await this.outbox.look(tx, waiting.id);
    const left = content?.left ?? null;
    const mainly = content?.forward?.to ?? [content?.to ?? waiting.to];
    if (left === null || waiting.externalId === null || mainly.some((address) => left.includes(address))) {
      await this.states.failed(tx, waiting.id, error);
      return;
    }
    const reason = `It did not get to ${left.join(', ')}: ${error.reason} The others have got it.`;
    await this.states.sent(tx, waiting.id, { externalId: waiting.externalId, problem: { code: 'copy_refused', reason } });
  }

  private async restrict(tx: TenantTx, { connectionId }: Waiting, action: 'block' | 'unblock'): Promise<void> {
    await this.connections.markRestriction(tx, connectionId, { action, reason: null, actedAt: this.clock.now() });
  }
}

function hasWaited({ code, attempts }: Waiting): boolean {
  return code !== null || attempts > 0;
}

function recipientsOf({ to, cc, bcc, forward, left }: OutboundMessage): readonly string[] {
  return left ?? [...(forward?.to ?? [to]), ...cc, ...bcc];
}
