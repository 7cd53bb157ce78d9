import { randomInt } from 'node:crypto';
import type { DemoPost } from './demo-world.js';
import type { SimClock } from './sim-clock.js';

export interface SimPost extends DemoPost {
  pageId: string;
  atMs: number;
}

export interface SimComment {
  id: string;
  pageId: string;
  postId: string;
  /** The comment it answers; null when it stands under the post itself. */
  parentId: string | null;
  /** A PSID, or the page's own id where the page speaks. */
  fromId: string;
  text: string | null;
  photoMediaId: string | null;
  atMs: number;
  edits: number;
  isHidden: boolean;
  isLikedByPage: boolean;
  isRemoved: boolean;
  /** The one private answer that it allows was given. */
  isPrivatelyAnswered: boolean;
}

export interface SavedFeed {
  posts: SimPost[];
  comments: SimComment[];
}

const COMMENTS_MAX = 5000;
const POSTS_MAX = 1000;

const newNumber = (): string => String(randomInt(1e14, 2e14));

/** What stands in public on the pages: posts, and what was said under them. Holds facts; sends nothing. */
export class FeedWorld {
  posts: SimPost[] = [];
  comments: SimComment[] = [];

  constructor(private readonly clock: SimClock) {}

  addPost({ id, pageId, text }: { id?: string; pageId: string; text: string }): SimPost {
    const post = { id: id ?? `${pageId}_${newNumber()}`, pageId, text, atMs: this.clock.nowMs() };
    this.posts.push(post);
    if (this.posts.length > POSTS_MAX) this.posts.shift();
    return post;
  }

  post(id: string): SimPost | undefined {
    return this.posts.find((post) => post.id === id);
  }

  postsOf(pageId: string): SimPost[] {
    return this.posts.filter((post) => post.pageId === pageId);
  }

  comment(id: string): SimComment | undefined {
    return this.comments.find((comment) => comment.id === id);
  }

  /** The comment as long as it stands, or a plain error. */
  mustComment(id: string): SimComment {
    const comment = this.comment(id);
    if (!comment || comment.isRemoved) throw new Error(`there is no comment ${id} in the simulator`);
    return comment;
  }

  mustPost(id: string): SimPost {
    const post = this.post(id);
    if (!post) throw new Error(`there is no post ${id} in the simulator`);
    return post;
  }

  /** A comment's id begins with the number of its post, whatever it answers. */
  addComment(said: Pick<SimComment, 'postId' | 'parentId' | 'fromId' | 'text' | 'photoMediaId'>): SimComment {
    const post = this.mustPost(said.postId);
    const comment: SimComment = {
      ...said,
      id: `${post.id.split('_').at(-1) ?? ''}_${newNumber()}`,
      pageId: post.pageId,
      atMs: this.clock.nowMs(),
      edits: 0,
      isHidden: false,
      isLikedByPage: false,
      isRemoved: false,
      isPrivatelyAnswered: false,
    };
    this.comments.push(comment);
    if (this.comments.length > COMMENTS_MAX) this.comments.shift();
    return comment;
  }

  /** The comment and all that answer it, however deep. */
  withAnswers(comment: SimComment): SimComment[] {
    const answers = this.comments.filter((one) => one.parentId === comment.id && !one.isRemoved);
    return [comment, ...answers.flatMap((answer) => this.withAnswers(answer))];
  }

  saved(): SavedFeed {
    return { posts: this.posts, comments: this.comments };
  }

  restore({ posts, comments }: SavedFeed): void {
    for (const post of posts) {
      if (!this.post(post.id)) this.posts.push(post);
    }
    this.comments = comments;
  }
}
