import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Log } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import type { InboundMessage } from '../inbound.js';
import { type ArchivedMessage, isWithin, readArchived, type ThreadOwner } from './read-archived.js';
import { GraphClient } from './graph-client.js';
import { instant } from './read-time.js';
import { type Fields, id, list, object, text } from './vendor-json.js';

/** Small, so that a page is soon stored and the progress moves. */
const THREADS_AT_ONCE = 10;
const MESSAGES_AT_ONCE = 25;
/** More than anybody says in the time that is looked back; the newest ones are kept. */
const MESSAGES_PER_THREAD_MAX = 5000;

/** All that a message may tell, and what every version of the API knows. */
const MESSAGE_FIELDS = [
  'id,created_time,from,to,message,attachments,shares,sticker,is_unsupported,reply_to',
  'id,created_time,from,to,message,attachments',
];

// Only the frame is checked: what is inside is read as leniently as a webhook.
const Answer = z.looseObject({ data: z.array(z.unknown()) });
const Node = z.looseObject({});

/** One person's thread, with what is known of its messages so far. */
export interface ArchivedThread extends ThreadOwner {
  id: string;
  updatedAt: Date;
  /** Oldest first. */
  messages: ArchivedMessage[];
  /** There is more before the oldest, and it may be new enough. */
  hasMore: boolean;
}

export interface ThreadList {
  threads: ArchivedThread[];
  /** Ask for the next with it; null at the end. */
  after: string | null;
}

/**
 * What Meta itself keeps of a page's threads: for gaps in what we were told, and for the time before we were told anything.
 *
 * Limits   Meta allows two calls per second and page; the client waits accordingly. Only the twenty newest messages of a thread come with
 *          what they say. Times are whole seconds.
 * Errors   ChannelError
 * Source   https://developers.facebook.com/docs/messenger-platform/conversations
 */
@Injectable()
export class PageArchive {
  /** Which of MESSAGE_FIELDS the API takes: the first, until it once says no. */
  private fields = 0;

  constructor(
    private readonly graph: GraphClient,
    private readonly log: Log,
  ) {}

  /** Threads, the one with the newest message first, each with its newest messages that are not older than `since`. */
  async threads(connection: OpenConnection, { after, since }: { after: string | null; since: Date }): Promise<ThreadList> {
    const answer = await this.withFields((fields) =>
      this.graph.call(
        {
          path: `${connection.externalId}/conversations`,
          token: tokenOf(connection),
          lane: 'conversations',
          query: {
            platform: 'messenger',
            limit: String(THREADS_AT_ONCE),
            fields: `id,updated_time,participants,messages.limit(${String(MESSAGES_AT_ONCE)}){${fields}}`,
            ...(after === null ? {} : { after }),
          },
        },
        Answer,
      ),
    );
    const threads = list(answer.data).flatMap((thread) => readThread(thread, connection.externalId, since));
    return { threads, after: nextOf(answer) };
  }

  /** All messages of a thread that are not older than `since`, oldest first; `isWhole` false where Graph would not go on. */
  async messages(
    connection: OpenConnection,
    thread: ArchivedThread,
    since: Date,
  ): Promise<{ messages: ArchivedMessage[]; isWhole: boolean }> {
    if (!thread.hasMore) return { messages: thread.messages, isWhole: true };
    const found: ArchivedMessage[] = [];
    let after: string | null = null;
    do {
      const answer: z.output<typeof Answer> | null = await this.page(connection, thread.id, after);
      // One thread that Graph will not show must not keep us from all the others.
      if (answer === null) return { messages: found.length > 0 ? found.toReversed() : thread.messages, isWhole: false };
      const read = list(answer.data).flatMap((message) => readArchived(message, thread));
      found.push(...read.filter(({ sentAt }) => isWithin(sentAt, since)));
      const isOver = read.some(({ sentAt }) => !isWithin(sentAt, since)) || found.length >= MESSAGES_PER_THREAD_MAX;
      after = isOver ? null : nextOf(answer);
    } while (after !== null);
    return { messages: found.toReversed(), isWhole: true };
  }

  /** What a message says that came without. Null when Graph will not tell, which is how it is for older ones. */
  async message(connection: OpenConnection, thread: ThreadOwner, externalId: string): Promise<InboundMessage | null> {
    const node = await this.unlessRefused(() =>
      this.withFields((fields) =>
        this.graph.call(
          { path: encodeURIComponent(externalId), token: tokenOf(connection), lane: 'conversations', query: { fields } },
          Node,
        ),
      ),
    );
    return readArchived(node, thread)[0]?.message ?? null;
  }

  private page(connection: OpenConnection, threadId: string, after: string | null): Promise<z.output<typeof Answer> | null> {
    return this.unlessRefused(() =>
      this.withFields((fields) =>
        this.graph.call(
          {
            path: `${encodeURIComponent(threadId)}/messages`,
            token: tokenOf(connection),
            lane: 'conversations',
            query: { fields, limit: String(MESSAGES_AT_ONCE), ...(after === null ? {} : { after }) },
          },
          Answer,
        ),
      ),
    );
  }

  private async unlessRefused<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ChannelError) || error.remedy !== 'give_up') throw error;
      this.log.warn('archive_refused', { code: error.code });
      return null;
    }
  }

  /** Meta refuses a whole call for one field that it does not know. Then it is asked for less, once, and from then on. */
  private async withFields<T>(ask: (fields: string) => Promise<T>): Promise<T> {
    const asked = this.fields;
    try {
      return await ask(MESSAGE_FIELDS[asked]!);
    } catch (error) {
      if (!(error instanceof ChannelError) || error.code !== 'not_accepted' || asked + 1 >= MESSAGE_FIELDS.length) throw error;
      const answer = await ask(MESSAGE_FIELDS[asked + 1]!);
      this.fields = asked + 1;
      this.log.warn('archive_fields_refused', { code: error.code });
      return answer;
    }
  }
}

function readThread(thread: Fields, pageId: string, since: Date): ArchivedThread[] {
  const threadId = id(thread['id']);
  const updatedAt = instant(thread['updated_time']);
  const person = list(object(thread['participants'])['data']).find((one) => id(one['id']) !== null && id(one['id']) !== pageId);
  const personId = id(person?.['id']);
  // A thread of nobody: the person has deleted the account, and the page alone is left in it.
  if (threadId === null || updatedAt === null || personId === null) return [];
  const owner: ThreadOwner = { routeId: pageId, personId, personName: text(person?.['name']) };
  const came = list(object(thread['messages'])['data']);
  const read = came.flatMap((message) => readArchived(message, owner));
  const messages = read.filter(({ sentAt }) => isWithin(sentAt, since)).toReversed();
  const hasMore = came.length >= MESSAGES_AT_ONCE && messages.length === read.length;
  return [{ ...owner, id: threadId, updatedAt, messages, hasMore }];
}

/** The cursor of the next part. Without the address of one there is none, also where a cursor is given. */
function nextOf(answer: Fields): string | null {
  const paging = object(answer['paging']);
  return text(paging['next']) === null ? null : text(object(paging['cursors'])['after']);
}

function tokenOf({ secrets }: OpenConnection): string {
  return secrets['pageToken'] ?? '';
}
