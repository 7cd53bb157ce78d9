import { createParamDecorator, type ExecutionContext, Injectable, type PipeTransform } from '@nestjs/common';
import { isUuid, notFound, Refusal } from '#platform';
import type { ConversationId } from '#ticketing';
import { requestOf } from './who.js';

/** What is not an id names nothing. */
@Injectable()
export class ConversationParam implements PipeTransform<string, ConversationId> {
  transform(value: string): ConversationId {
    if (!isUuid(value)) throw notFound();
    return value as ConversationId;
  }
}

const IDEMPOTENCY_KEY = /^[\w.:-]{1,100}$/;

/** The key under which a repeat is known as one; null when the caller does not care. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | null => {
  const value = requestOf(context).headers['idempotency-key'];
  if (value === undefined) return null;
  if (typeof value !== 'string' || !IDEMPOTENCY_KEY.test(value)) {
    throw new Refusal('invalid', 'bad_idempotency_key', 'An Idempotency-Key has 1 to 100 letters, digits, dots, colons or dashes.');
  }
  return value;
});
