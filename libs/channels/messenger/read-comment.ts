import type { RecordableAttachment } from '#policies';
import type { InboundComment, InboundEvent, InboundReaction } from '../inbound.js';
import { fileOf, webAddress } from './read-attachments.js';
import { emojiOf } from './read-follow-ups.js';
import { type Arrived, saidAt } from './read-time.js';
import { type Told, unsupported } from './told.js';
import { type Fields, id, object, text } from './vendor-json.js';

/** A comment has one picture; a post may have more. */
const PICTURES_MAX = 20;

/** Meta's verbs for comments; reactions have others. */
const ACTS: Partial<Record<string, InboundComment['act']>> = {
  add: 'add',
  edited: 'edit',
  edit: 'edit',
  remove: 'remove',
  hide: 'hide',
  unhide: 'unhide',
};

/**
 * What happened in public on the page: comments, and reactions to comments. The page's own posts, likes and other people's news arrive
 * on the same field and are nobody talking to the page.
 *
 * Source   https://developers.facebook.com/docs/graph-api/webhooks/reference/page; `created_time` is the time of the act, in seconds
 */
export function readFeed(change: Fields, routeId: string, arrived: Arrived): InboundEvent | null {
  const value = object(change['value']);
  if (value['item'] === 'comment') return readComment(change, value, { routeId, at: saidAt(value['created_time'], arrived) });
  if (value['item'] === 'reaction') return readCommentReaction(value, { routeId, at: saidAt(value['created_time'], arrived) });
  return null;
}

interface Place {
  routeId: string;
  at: Date;
}

function readComment(change: Fields, value: Fields, { routeId, at }: Place): InboundEvent | null {
  const externalId = id(value['comment_id']);
  const author = authorOf(value);
  const act = ACTS[text(value['verb']) ?? ''];
  const isFromPage = author.id === routeId;
  if (externalId === null || act === undefined) {
    if (author.id === null || isFromPage) return null;
    const told: Told = { event: change, routeId, personId: author.id, formerPersonId: null, isFromPage, isStandby: false, at };
    return unsupported(verbName(value['verb']), told);
  }
  return {
    type: 'comment',
    routeId,
    // Whoever Meta keeps from us is at least the same for all that happens to the comment.
    personId: author.id ?? `comment:${externalId}`,
    isStandby: false,
    direction: isFromPage ? 'out' : 'in',
    act,
    externalId,
    parentExternalId: parentOf(value, externalId),
    post: { id: postIdOf(value, externalId), url: webAddress(object(value['post'])['permalink_url']) },
    sentAt: act === 'add' ? at : null,
    actedAt: at,
    content:
      act === 'add' || act === 'edit'
        ? { text: text(value['message']) ?? '', senderName: isFromPage ? null : author.name, attachments: picturesOf(value) }
        : { text: '' },
  };
}

function readCommentReaction(value: Fields, { routeId, at }: Place): InboundReaction | null {
  const externalId = id(value['comment_id']);
  const { id: personId } = authorOf(value);
  if (externalId === null || personId === null) return null;
  const emoji = value['verb'] === 'remove' ? null : emojiOf(value['emoji'], value['reaction_type']);
  return { type: 'reaction', routeId, personId, isStandby: false, externalId, emoji, reactedAt: at };
}

/** Very old events name the author beside the comment. */
function authorOf(value: Fields): { id: string | null; name: string | null } {
  const from = object(value['from']);
  return { id: id(from['id']) ?? id(value['sender_id']), name: text(from['name']) ?? text(value['sender_name']) };
}

/**
 * The comment that this one answers. A comment's id is `<post part>_<comment part>`, a post's `<page>_<post part>`: so a parent whose second
 * part begins this comment's id is the post, also where the event names another post, as it does for one picture of an album.
 */
function parentOf(value: Fields, externalId: string): string | null {
  const parent = id(value['parent_id']);
  if (parent === null || parent === id(value['post_id']) || parent === externalId) return null;
  const [postPart] = externalId.split('_');
  return externalId.includes('_') && parent.split('_')[1] === postPart ? null : parent;
}

function postIdOf(value: Fields, externalId: string): string {
  return id(value['post_id']) ?? id(object(value['post'])['id']) ?? externalId.split('_')[0]!;
}

function picturesOf(value: Fields): RecordableAttachment[] {
  const several: unknown[] = Array.isArray(value['photos']) ? value['photos'] : [];
  const photos = [value['photo'], ...several].filter((one) => text(one) !== null).slice(0, PICTURES_MAX);
  const video = text(value['video']) === null ? [] : [fileOf('video', value['video'])];
  return [...new Set(photos)].map((photo) => fileOf('image', photo)).concat(video);
}

function verbName(verb: unknown): string {
  const name = text(verb);
  return name !== null && /^[a-z_]{1,40}$/.test(name) ? `comment_${name}` : 'comment_unknown';
}
