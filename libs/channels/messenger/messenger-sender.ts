import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Clock } from '#platform';
import { ChannelError, type OpenConnection, type OutboundMessage, type Sent } from '../channel.js';
import { GraphClient } from './graph-client.js';
import { ownMetadata } from './own-metadata.js';
import { Personas } from './personas.js';
import { HUMAN_AGENT, mayTryHumanAgent, type MessagingType, messagingTypeFor, RESPONSE } from './reply-window.js';
import { type VendorFile, VendorFiles } from './vendor-files.js';

const SendAnswer = z.object({ message_id: z.string().min(1), recipient_id: z.coerce.string().optional() });
const CommentAnswer = z.object({ id: z.coerce.string().min(1) });

/** One try of a message: what may be done differently when Graph says no to it. Each is changed at most once. */
interface Draft {
  type: MessagingType;
  file: VendorFile | null;
  isFileNew: boolean;
  personaId: string | null;
}

/**
 * One message to Meta. A "no" that has a cure is cured here and tried once more: the tag of people for a window that Meta counts shorter
 * than we do, a new upload for a file that it has lost or failed at, no persona where it does not like that one. None of them can double a message,
 * because each follows a clear refusal.
 */
@Injectable()
export class MessengerSender {
  constructor(
    private readonly graph: GraphClient,
    private readonly clock: Clock,
    private readonly files: VendorFiles,
    private readonly personas: Personas,
  ) {}

  /** Errors: ChannelError. */
  async send(connection: OpenConnection, message: OutboundMessage): Promise<Sent> {
    let draft = await this.draftOf(connection, message);
    for (;;) {
      try {
        return await this.post(connection, message, draft);
      } catch (error) {
        const next = error instanceof ChannelError ? await this.cure(error, connection, { message, draft }) : null;
        if (next === null) throw error;
        draft = next;
      }
    }
  }

  private async draftOf(connection: OpenConnection, message: OutboundMessage): Promise<Draft> {
    const isToPerson = message.place.kind === 'person';
    const type = isToPerson ? messagingTypeFor(this.windowOf(connection, message)) : RESPONSE;
    if (type === null) throw new ChannelError('give_up', 'reply_window_closed', 'The time in which an answer is allowed is over.');
    const file = await this.fileOf(connection, message, { isAnew: false });
    const hasFace = message.place.kind !== 'comment' && message.writtenBy === 'human';
    return { type, file, isFileNew: false, personaId: hasFace ? await this.personas.of(connection, message.agent) : null };
  }

  private async cure(
    { code }: ChannelError,
    connection: OpenConnection,
    { message, draft }: { message: OutboundMessage; draft: Draft },
  ): Promise<Draft | null> {
    const { type, file, isFileNew, personaId } = draft;
    if (code === 'reply_window_closed' && type === RESPONSE && message.place.kind === 'person') {
      return mayTryHumanAgent(this.windowOf(connection, message)) ? { ...draft, type: HUMAN_AGENT } : null;
    }
    if ((code === 'attachment_not_known' || code === 'attachment_not_fetched') && file !== null && !isFileNew) {
      return { ...draft, file: await this.fileOf(connection, message, { isAnew: true }), isFileNew: true };
    }
    if (code === 'not_accepted' && personaId !== null) {
      await this.personas.forget(connection, personaId);
      return { ...draft, personaId: null };
    }
    return null;
  }

  private async post(connection: OpenConnection, message: OutboundMessage, draft: Draft): Promise<Sent> {
    const { place } = message;
    if (place.kind === 'comment') return this.comment(connection, message, { commentId: place.commentId, file: draft.file });
    const { message_id: externalId, recipient_id: personId } = await this.graph.call(
      {
        path: `${connection.externalId}/messages`,
        method: 'POST',
        token: connection.secrets['pageToken'] ?? '',
        isSend: true,
        lane: draft.file === null ? 'text' : 'media',
        body: {
          recipient: place.kind === 'person' ? { id: message.to } : { comment_id: place.commentId },
          ...draft.type,
          message: contentOf(message, draft.file),
          ...(message.replyToExternalId === null ? {} : { reply_to: { mid: message.replyToExternalId } }),
          ...(draft.personaId === null ? {} : { persona_id: draft.personaId }),
        },
      },
      SendAnswer,
    );
    return { externalId, ...(personId === undefined ? {} : { personId }), humanAgent: draft.type === HUMAN_AGENT };
  }

  /** Source: https://developers.facebook.com/docs/graph-api/reference/object/comments */
  private async comment(
    connection: OpenConnection,
    { text }: OutboundMessage,
    { commentId, file }: { commentId: string; file: VendorFile | null },
  ): Promise<Sent> {
    const { id } = await this.graph.call(
      {
        path: `${encodeURIComponent(commentId)}/comments`,
        method: 'POST',
        token: connection.secrets['pageToken'] ?? '',
        isSend: true,
        lane: file === null ? 'text' : 'media',
        body: { ...(text === '' ? {} : { message: text }), ...(file === null ? {} : { attachment_id: file.id }) },
      },
      CommentAnswer,
    );
    return { externalId: id };
  }

  private async fileOf(connection: OpenConnection, { files }: OutboundMessage, how: { isAnew: boolean }): Promise<VendorFile | null> {
    const [file] = files;
    return file === undefined ? null : this.files.of(connection, file, how);
  }

  private windowOf({ settings: { humanAgent } }: OpenConnection, { lastInboundAt, writtenBy }: OutboundMessage) {
    return { lastInboundAt, now: this.clock.now(), writtenBy, humanAgent };
  }
}

function contentOf({ text, quickReplies, messageId }: OutboundMessage, file: VendorFile | null) {
  return {
    ...(file === null ? { text } : { attachment: { type: file.kind, payload: { attachment_id: file.id } } }),
    ...(quickReplies.length === 0 ? {} : { quick_replies: quickReplies.map((title) => ({ content_type: 'text', title, payload: title })) }),
    // Comes back with the echo, which may overtake the answer: it is how the two are known to be one message.
    metadata: ownMetadata(messageId),
  };
}
