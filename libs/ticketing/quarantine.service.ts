import { Injectable } from '@nestjs/common';
import { type Actor, auditedAs } from '#accounts';
import { type InboundMessage, Quarantine, quarantineSentence, type SetAside } from '#channels';
import type { Released } from '#contract';
import { Jobs } from '#jobs';
import { Database, notFound } from '#platform';
import { ReceiveService } from './receive.service.js';
import { RemoveBlob } from './remove-blob.job.js';

const NOBODY = 'unknown@invalid';
/** As long as the hash that every mail's external id ends with. */
const HASH_LENGTH = 16;

/** Lets what could not be read into the inbox as it is: a notice, and the mail itself as a file. */
@Injectable()
export class QuarantineRelease {
  constructor(
    private readonly db: Database,
    private readonly jobs: Jobs,
    private readonly quarantine: Quarantine,
    private readonly receive: ReceiveService,
  ) {}

  /**
   * Open a conversation with it, and take it out of quarantine, both or neither.
   *
   * Errors   not_found, also for whoever comes second when somebody lets it in, ends it or has it tried again at the same moment
   */
  async release(actor: Actor, id: string): Promise<Released> {
    const mail = await this.quarantine.open(actor, id);
    const { connectionId } = mail;
    const event = noticeOf(mail);
    const arrival = { tenantId: actor.tenantId, connectionId, channel: 'email' as const };
    await this.receive.event(arrival, event, async (tx) => {
      const blob = await this.quarantine.takeOut(tx, id, auditedAs(actor));
      if (blob !== null) await this.jobs.enqueue(tx, RemoveBlob, { tenantId: tx.tenantId, blob });
    });
    const [row] = await this.db.inTenant(actor, (tx) =>
      tx.query<{ conversation_id: string }>('select conversation_id from message where connection_id = $1 and external_id = $2', [
        connectionId,
        event.externalId,
      ]),
    );
    if (!row) throw notFound();
    return { conversationId: row.conversation_id };
  }
}

function noticeOf({ id, connectionId, code, receivedAt, body, head }: SetAside): InboundMessage {
  const address = head?.from?.address ?? NOBODY;
  return {
    type: 'message',
    origin: 'live',
    routeId: connectionId,
    personId: address.toLowerCase(),
    isStandby: false,
    direction: 'in',
    kind: 'text',
    // The same bytes that come again, at another time, are another one.
    externalId: `released-${id}-${String(receivedAt.getTime())}@quarantine.invalid ${id.slice(0, HASH_LENGTH)}`,
    replyToExternalId: null,
    ownMessageId: null,
    appId: null,
    sentAt: receivedAt,
    content: {
      text: `${quarantineSentence(code)}\n\nThe mail is in the file below, as it came.`,
      subject: head?.subject ?? '',
      cc: [],
      senderName: head?.from?.name ?? address,
      attachments: [
        { kind: 'file', name: 'mail.eml', mediaType: 'message/rfc822', sourceUrl: null, content: body, contentId: null, summary: null },
      ],
      mailHeaders: { from: head?.from ?? null, to: [], forwardedBy: null },
    },
    mail: {
      token: null,
      references: [],
      subjectNumber: null,
      replyAddress: head?.from?.address ?? null,
      mailClass: 'human',
      authentication: { verdict: 'none', by: null, domain: null },
      mayAutoAnswer: false,
      forwarded: null,
      flags: [],
    },
    referral: null,
    formerPersonId: null,
    raw: null,
  };
}
