import { Injectable } from '@nestjs/common';
import { type Actor, auditedAs } from '#accounts';
import { type InboundMessage, Quarantine, quarantineSentence, type SetAside } from '#channels';
import type { Released } from '#contract';
import { Database, Refusal } from '#platform';
import { ReceiveService } from './receive.service.js';

const NOBODY = 'unknown@invalid';

/** Lets what could not be read into the inbox as it is: a notice, and the mail itself as a file. */
@Injectable()
export class QuarantineRelease {
  constructor(
    private readonly db: Database,
    private readonly quarantine: Quarantine,
    private readonly receive: ReceiveService,
  ) {}

  /**
   * Open a conversation with it, and take it out of quarantine.
   *
   * Errors   not_found
   * Repeats  a release that was cut off half way is finished by the next
   */
  async release(actor: Actor, id: string): Promise<Released> {
    const mail = await this.quarantine.open(actor.tenantId, id);
    const { connectionId } = mail;
    const event = noticeOf(mail);
    await this.receive.event({ tenantId: actor.tenantId, connectionId, channel: 'email' }, event);
    const conversationId = await this.db.inTenant(actor.tenantId, async (tx) => {
      const [row] = await tx.query<{ conversation_id: string }>(
        'select conversation_id from message where connection_id = $1 and external_id = $2',
        [connectionId, event.externalId],
      );
      return row?.conversation_id;
    });
    if (conversationId === undefined) {
      throw new Refusal(
        'conflict',
        'erased_before',
        'This mail was released before, and its conversation was erased. Delete it here as well.',
      );
    }
    await this.quarantine.release(actor.tenantId, id, auditedAs(actor));
    return { conversationId };
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
    // The number is given once: a mail that comes again and is set aside again is another one.
    externalId: `released-${id}@quarantine.invalid ${id.padStart(16, '0')}`,
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
