import type { Branded } from '#platform';

export type ContactId = Branded<'ContactId'>;
export type ConversationId = Branded<'ConversationId'>;
export type MessageId = Branded<'MessageId'>;
export type AttachmentId = Branded<'AttachmentId'>;
