import type { SimComment, SimPost } from './feed-world.js';
import type { MediaStore } from './media.js';
import type { PageWorld } from './page-world.js';
import type { PageEvent } from './webhook-events.js';
import { nameOf } from './page-world.js';

export type CommentVerb = 'add' | 'edited' | 'remove' | 'hide' | 'unhide';

const seconds = (ms: number): number => Math.floor(ms / 1000);
const graphTime = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+0000');

/** Where people see a post. */
export const postUrl = ({ id }: Pick<SimPost, 'id'>): string => `https://www.facebook.com/${id.replace('_', '/posts/')}`;

function feedEvent(pageId: string, atMs: number, value: object): PageEvent {
  return { pageId, field: 'feed', kind: 'changes', atMs, body: { field: 'feed', value } };
}

/** Who did it: a person under the same id as in messages, the page, or, for some, nobody that we may know. */
function fromOf(world: PageWorld, fromId: string, isNamed: boolean): object {
  const name = world.page(fromId)?.name ?? (world.customer(fromId) ? nameOf(world.mustCustomer(fromId)) : '');
  return { from: { id: fromId, ...(isNamed ? { name } : {}) } };
}

/**
 * What happened to a comment.
 *
 * Shape    every time is in seconds; a photo may come without words; a removed comment comes without words and name; all but `add` carry the time of the act; hiding is the page's
 *          act, at the time of the act. `isAuthorKnown` false: the person is one whose name and id the app may not have.
 */
export function commentEvent(
  { world, media }: { world: PageWorld; media: MediaStore },
  { comment, verb, atMs, isAuthorKnown = true }: { comment: SimComment; verb: CommentVerb; atMs: number; isAuthorKnown?: boolean },
): PageEvent {
  const post = world.feed.mustPost(comment.postId);
  const isPagesAct = verb === 'hide' || verb === 'unhide';
  const fromId = isPagesAct ? comment.pageId : comment.fromId;
  const tells = verb !== 'remove';
  return feedEvent(comment.pageId, atMs, {
    ...(isAuthorKnown ? fromOf(world, fromId, tells) : {}),
    ...(tells ? { post: postFacts(post) } : {}),
    ...(tells && comment.text !== null ? { message: comment.text } : {}),
    ...(tells && comment.photoMediaId !== null ? { photo: media.url(comment.photoMediaId) } : {}),
    post_id: comment.postId,
    comment_id: comment.id,
    created_time: seconds(verb === 'add' ? comment.atMs : atMs),
    item: 'comment',
    parent_id: comment.parentId ?? comment.postId,
    verb,
  });
}

/** A person likes a post, or takes it back. */
export function postReactionEvent(world: PageWorld, liked: { post: SimPost; fromId: string; on: boolean; atMs: number }): PageEvent {
  const { post, fromId, on, atMs } = liked;
  return feedEvent(post.pageId, atMs, {
    ...fromOf(world, fromId, true),
    parent_id: post.id,
    post_id: post.id,
    verb: on ? 'add' : 'remove',
    item: 'reaction',
    reaction_type: 'like',
    created_time: seconds(atMs),
  });
}

/** The page wrote a new post. */
export function postEvent(world: PageWorld, post: SimPost): PageEvent {
  return feedEvent(post.pageId, post.atMs, {
    ...fromOf(world, post.pageId, true),
    message: post.text,
    post_id: post.id,
    created_time: seconds(post.atMs),
    item: 'status',
    published: 1,
    verb: 'add',
  });
}

function postFacts(post: SimPost): object {
  return {
    status_type: 'mobile_status_update',
    is_published: true,
    updated_time: graphTime(post.atMs),
    permalink_url: postUrl(post),
    promotion_status: 'inactive',
    id: post.id,
  };
}
