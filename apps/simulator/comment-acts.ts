import { samplePhoto } from './picture.js';
import type { SimComment, SimPost } from './feed-world.js';
import { commentEvent, postEvent, postReactionEvent, type CommentVerb } from './feed-events.js';
import type { MediaStore } from './media.js';
import type { PageWorld } from './page-world.js';
import type { SimClock } from './sim-clock.js';
import type { WebhookSender } from './webhook-sender.js';

export interface Commenting {
  text?: string;
  /** The comment it answers. */
  parentId?: string;
  /** Left out: the first post of the person's page, or the post of the answered comment. */
  postId?: string;
  photo?: boolean;
  /** The app may not know who wrote it. */
  anonymous?: boolean;
}

export interface CommentActsOptions {
  world: PageWorld;
  sender: WebhookSender;
  media: MediaStore;
  clock: SimClock;
  onChange: () => void;
}

/** What happens in public below the posts, whoever does it. Each act resolves once its webhook was tried for the first time. */
export class CommentActs {
  private readonly anonymous = new Set<string>();

  constructor(private readonly options: CommentActsOptions) {}

  /** A person or the page says something below a post or a comment. */
  async add(fromId: string, pageId: string, said: Commenting): Promise<SimComment> {
    const photo = said.photo === true ? { photoMediaId: this.options.media.add('photo.png', 'image/png', samplePhoto()) } : {};
    const comment = this.made(fromId, pageId, { ...said, ...photo });
    return this.tell(comment, 'add', comment.atMs);
  }

  /** The same at once; whoever listens is told meanwhile. */
  say(fromId: string, pageId: string, said: Commenting & { photoMediaId: string | null }): SimComment {
    const comment = this.made(fromId, pageId, said);
    void this.tell(comment, 'add', comment.atMs);
    return comment;
  }

  private made(fromId: string, pageId: string, said: Commenting & { photoMediaId?: string | null }): SimComment {
    const { feed } = this.options.world;
    const { text = null, photoMediaId = null } = said;
    const parent = said.parentId === undefined ? null : feed.mustComment(said.parentId);
    const post = this.postFor(pageId, said.postId ?? parent?.postId);
    if (post.pageId !== pageId || (parent && parent.postId !== post.id)) throw new Error('that post or comment is another page’s');
    if (text === null && photoMediaId === null) throw new Error('a comment needs a text or a photo');
    const comment = feed.addComment({ postId: post.id, parentId: parent?.id ?? null, fromId, text, photoMediaId });
    if (said.anonymous === true) this.anonymous.add(comment.id);
    return comment;
  }

  async edit(commentId: string, text: string): Promise<SimComment> {
    const comment = this.options.world.feed.mustComment(commentId);
    comment.text = text;
    comment.edits += 1;
    return this.tell(comment, 'edited');
  }

  /** With everything that answers it; each is told on its own. */
  async remove(commentId: string): Promise<void> {
    const { feed } = this.options.world;
    const gone = feed.withAnswers(feed.mustComment(commentId));
    for (const comment of gone) comment.isRemoved = true;
    for (const comment of gone) await this.tell(comment, 'remove');
  }

  /** Hides it from the public, or shows it again. Telling the state it has already changes and tells nothing. */
  async hide(commentId: string, isHidden: boolean): Promise<SimComment> {
    const comment = this.options.world.feed.mustComment(commentId);
    if (comment.isHidden === isHidden) return comment;
    comment.isHidden = isHidden;
    return this.tell(comment, isHidden ? 'hide' : 'unhide');
  }

  like(commentId: string, on: boolean): void {
    this.options.world.feed.mustComment(commentId).isLikedByPage = on;
    this.options.onChange();
  }

  likePost(fromId: string, postId: string, on: boolean): Promise<void> {
    const { world, sender, clock } = this.options;
    return sender.queue(postReactionEvent(world, { post: world.feed.mustPost(postId), fromId, on, atMs: clock.nowMs() }));
  }

  async write(pageId: string, text: string): Promise<SimPost> {
    const { world, sender, onChange } = this.options;
    const post = world.feed.addPost({ pageId: world.mustPage(pageId).id, text });
    onChange();
    await sender.queue(postEvent(world, post));
    return post;
  }

  private postFor(pageId: string, postId: string | undefined): SimPost {
    const { feed } = this.options.world;
    if (postId !== undefined) return feed.mustPost(postId);
    const [first] = feed.postsOf(pageId);
    if (!first) throw new Error(`page ${pageId} has no post yet`);
    return first;
  }

  private async tell(comment: SimComment, verb: CommentVerb, atMs = this.options.clock.nowMs()): Promise<SimComment> {
    this.options.onChange();
    const isAuthorKnown = !this.anonymous.has(comment.id);
    await this.options.sender.queue(commentEvent(this.options, { comment, verb, atMs, isAuthorKnown }));
    return comment;
  }
}
