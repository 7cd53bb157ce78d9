import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { OpenConnection } from '../channel.js';
import { ChannelError } from '../channel.js';
import type { ConnectionProblem } from '../connection-words.js';
import { GraphClient } from './graph-client.js';

/** Without these a page cannot be answered. */
const NECESSARY_FIELDS = ['messages', 'message_echoes', 'messaging_postbacks', 'message_deliveries', 'message_reads'];
/** `response_feedback` is not among them: asking for it makes buttons appear at the customer's side. */
const FURTHER_FIELDS = [
  'message_edits',
  'message_reactions',
  'messaging_optins',
  'messaging_referrals',
  'messaging_handovers',
  'standby',
  'messaging_policy_enforcement',
];
const COMMENT_FIELD = 'feed';
/** Good to have where Facebook gives it, and no loss where it does not: not every page and region has them. */
const OPTIONAL_FIELDS = ['messaging_account_linking', 'messaging_feedback', 'messaging_customer_information'];

// Printed as a string in Meta's own documentation, sent as a boolean.
const Success = z.object({ success: z.union([z.literal(true), z.literal('true')]) });
const Subscriptions = z.object({ data: z.array(z.object({ id: z.coerce.string(), subscribed_fields: z.array(z.string()).default([]) })) });

/** What a page should send us, by its settings. */
export function wantedFields({ comments }: OpenConnection['settings']): string[] {
  return [...NECESSARY_FIELDS, ...FURTHER_FIELDS, ...(comments ? [COMMENT_FIELD] : [])];
}

/** True where even messages do not come: then something may have been missed. */
export function isLost(fields: readonly string[]): boolean {
  return !fields.includes('messages');
}

/** What the page is told to send us. */
@Injectable()
export class PageSubscription {
  constructor(private readonly graph: GraphClient) {}

  /**
   * Tell the page to send us what it should, or as much of it as we may have. Answers the fields that Facebook would not give.
   *
   * Errors   ChannelError when not even messages can be had
   * Repeats  the list is replaced by the same one
   * Source   https://developers.facebook.com/docs/graph-api/reference/page/subscribed_apps
   */
  async subscribe({ externalId, secrets, settings }: OpenConnection): Promise<string[]> {
    const wanted = wantedFields(settings);
    const withoutComments = wanted.filter((field) => field !== COMMENT_FIELD);
    // One field that the app has no permission for makes the whole call fail, and the error does not say which.
    const tries = [[...wanted, ...OPTIONAL_FIELDS], wanted, ...(settings.comments ? [withoutComments] : []), NECESSARY_FIELDS];
    for (const [at, fields] of tries.entries()) {
      try {
        await this.graph.call(
          {
            path: `${externalId}/subscribed_apps`,
            method: 'POST',
            token: secrets['pageToken'] ?? '',
            query: { subscribed_fields: fields.join(',') },
          },
          Success,
        );
        return wanted.filter((field) => !fields.includes(field));
      } catch (error) {
        if (!isAboutFields(error) || at === tries.length - 1) throw error;
      }
    }
    throw new Error('unreachable: the last try returns or throws');
  }

  /** What the page sends to the app of this id now. Errors: ChannelError. */
  async current({ externalId, secrets }: OpenConnection, appId: string): Promise<string[]> {
    const { data } = await this.graph.call({ path: `${externalId}/subscribed_apps`, token: secrets['pageToken'] ?? '' }, Subscriptions);
    return data.find(({ id }) => id === appId)?.subscribed_fields ?? [];
  }

  /** Stop the page's deliveries. Errors: ChannelError. */
  async end({ externalId, secrets }: OpenConnection): Promise<void> {
    await this.graph.call({ path: `${externalId}/subscribed_apps`, method: 'DELETE', token: secrets['pageToken'] ?? '' }, Success);
  }
}

/** What is wrong when Facebook would not give fields; null when there are none. */
export function missingFieldsProblem(missing: readonly string[]): ConnectionProblem | null {
  if (missing.length === 0) return null;
  const isAboutComments = missing.includes(COMMENT_FIELD) && missing.length === 1;
  return { code: isAboutComments ? 'comments_not_granted' : 'fields_not_granted', names: missing };
}

function isAboutFields(error: unknown): boolean {
  return error instanceof ChannelError && (error.code === 'permission_missing' || error.remedy === 'give_up');
}
