/** What a page may do with what stands below its posts: answer, hide, like, remove. */
import type { CommentActs } from './comment-acts.js';
import { keepUpload, type Uploads } from './graph-attachment.js';
import { needsScopes, needsTasks, type GraphAsk } from './graph-call.js';
import { invalidParameter, noPermission, unknownObject } from './graph-error.js';
import { pick, readFields } from './graph-fields.js';
import { textIn } from './graph-input.js';
import { pagedBy } from './graph-paging.js';
import type { Personas } from './graph-persona.js';
import type { SimComment, SimPost } from './feed-world.js';
import { postUrl } from './feed-events.js';
import { nameOf, type PageWorld, type SimPage } from './page-world.js';

const TEXT_LENGTH_MAX = 8000;
const COMMENTS_PER_ANSWER_MAX = 25;
const COMMENT_FIELDS = 'id,created_time,from,message';

export interface CommentDesk {
  world: PageWorld;
  uploads: Uploads;
  comments: CommentActs;
  baseUrl: () => string;
}

/** The page that speaks, with what it needs to do anything in public. */
function speaker(ask: GraphAsk): SimPage {
  if (ask.token.kind !== 'page') throw noPermission('A page access token is required for this call');
  const { page } = ask.token;
  if (ask.method === 'GET') needsScopes(page, 'pages_read_user_content');
  else {
    needsScopes(page, 'pages_manage_engagement');
    needsTasks(page, 'MODERATE');
  }
  return page;
}

function commentOf(desk: CommentDesk, page: SimPage, ask: GraphAsk): SimComment {
  const comment = desk.world.feed.comment(ask.id);
  if (comment?.pageId !== page.id || comment.isRemoved) throw unknownObject(ask.method, ask.id);
  return comment;
}

function postOf(desk: CommentDesk, page: SimPage, ask: GraphAsk): SimPost {
  const post = desk.world.feed.post(ask.id);
  if (post?.pageId !== page.id) throw unknownObject(ask.method, ask.id);
  return post;
}

/** `POST|GET /{comment or post}/comments`: an answer for everyone to see, and what was answered. */
export function comments(desk: CommentDesk, ask: GraphAsk): object {
  const page = speaker(ask);
  const parent = desk.world.feed.comment(ask.id) ? commentOf(desk, page, ask) : null;
  const post = parent ? desk.world.feed.mustPost(parent.postId) : postOf(desk, page, ask);
  if (ask.method === 'GET') return answersTo(desk, ask, { post, parent });
  const text = textIn(ask.values, 'message');
  const attachmentId = textIn(ask.values, 'attachment_id');
  if (text !== null && text.length > TEXT_LENGTH_MAX) throw invalidParameter(`Length of param message must be at most ${TEXT_LENGTH_MAX}`);
  if (text === null && attachmentId === null) throw invalidParameter('A comment needs a message or an attachment');
  const photoMediaId = attachmentId === null ? null : keepUpload(desk.uploads, page, attachmentId).mediaId;
  const said = { postId: post.id, photoMediaId, ...(text === null ? {} : { text }), ...(parent ? { parentId: parent.id } : {}) };
  return { id: desk.comments.say(page.id, page.id, said).id };
}

function answersTo(desk: CommentDesk, ask: GraphAsk, { post, parent }: { post: SimPost; parent: SimComment | null }): object {
  const below = desk.world.feed.comments.filter((one) => one.postId === post.id && one.parentId === (parent?.id ?? null) && !one.isRemoved);
  const fields = readFields(textIn(ask.values, 'fields') ?? COMMENT_FIELDS);
  return pagedBy(ask, below, {
    perAnswerMax: COMMENTS_PER_ANSWER_MAX,
    baseUrl: desk.baseUrl(),
    factsOf: (comment) => pick(commentFacts(desk.world, comment), fields),
  });
}

/** `POST /{comment}`: hidden from the public or not; of the page's own also another text. */
export function changeComment(desk: CommentDesk, ask: GraphAsk): object {
  const page = speaker(ask);
  const comment = commentOf(desk, page, ask);
  const hidden = ask.values.is_hidden;
  const text = textIn(ask.values, 'message');
  if (hidden !== undefined) {
    if (comment.fromId === page.id) throw invalidParameter('The page’s own comment cannot be hidden');
    if (!['true', 'false', true, false].includes(hidden as string | boolean)) throw invalidParameter('Param is_hidden must be a boolean');
    void desk.comments.hide(comment.id, hidden === true || hidden === 'true');
  } else if (text !== null && comment.fromId === page.id) void desk.comments.edit(comment.id, text);
  else throw invalidParameter('There is nothing to change');
  return { success: true };
}

/** `POST|DELETE /{comment}/likes`: by the page. */
export function likes(desk: CommentDesk, ask: GraphAsk): object {
  desk.comments.like(commentOf(desk, speaker(ask), ask).id, ask.method === 'POST');
  return { success: true };
}

/** `DELETE /{comment}`, whoever wrote it, or `DELETE /{persona}`. */
export function removeNode(desk: CommentDesk, personas: Personas, ask: GraphAsk): object {
  if (ask.token.kind === 'page' && personas.find(ask.token.page, ask.id)) personas.remove(ask.id);
  else void desk.comments.remove(commentOf(desk, speaker(ask), ask).id);
  return { success: true };
}

export function commentFacts(world: PageWorld, comment: SimComment): Record<string, unknown> {
  const name = world.page(comment.fromId)?.name ?? nameOf(world.mustCustomer(comment.fromId));
  const parent = comment.parentId === null ? {} : { parent: { id: comment.parentId } };
  return {
    id: comment.id,
    created_time: new Date(comment.atMs).toISOString().replace(/\.\d{3}Z$/, '+0000'),
    from: { name, id: comment.fromId },
    message: comment.text ?? '',
    is_hidden: comment.isHidden,
    user_likes: comment.isLikedByPage,
    can_reply_privately: !comment.isPrivatelyAnswered,
    permalink_url: `${postUrl({ id: comment.postId })}?comment_id=${comment.id.split('_').at(-1) ?? ''}`,
    ...parent,
  };
}
