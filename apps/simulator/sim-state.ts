import { FAULT_NAMES, faultNamed } from './fault-table.js';
import type { FaultAct } from './faults.js';
import type { SimPost } from './feed-world.js';
import type { SimMail } from './sim-mail.js';
import type { MediaStore } from './media.js';
import { nameOf, type SimAttachment, type SimCustomer, type SimMessage } from './page-world.js';
import type { Simulator } from './simulator.js';
import type { SimulatorParts } from './simulator-parts.js';

const FAULTS_SHOWN = FAULT_NAMES.map((name) => ({ name, tells: tellsWhat(faultNamed(name).does) }));
const SHOWN_MESSAGES = 200;
const SHOWN_MAILS = 100;
const SHOWN_POSTS = 20;
const SHOWN_COMMENTS = 200;

/** What a program that looks at codes sees of it. */
function tellsWhat(act: FaultAct): string {
  if (act.kind === 'error') return act.subcode === undefined ? String(act.code) : `${act.code}/${act.subcode}`;
  return act.kind === 'body' ? `HTTP ${act.httpStatus}` : act.kind.replace('_', ' ');
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function attachmentShown(media: MediaStore, { kind, mediaId, name, stickerId }: SimAttachment): object {
  return { kind: stickerId === undefined ? kind : 'sticker', name, url: media.url(mediaId) };
}

function messageShown(media: MediaStore, message: SimMessage): object {
  return {
    mid: message.mid,
    from: message.from,
    at: iso(message.atMs),
    text: message.text,
    attachments: message.attachments.map((attachment) => attachmentShown(media, attachment)),
    cards: message.cards.map(({ type, title }) => ({ type, title })),
    unsupported: message.isUnsupported,
    unsent: message.unsentAtMs !== null,
    persona: message.personaName,
    quickReplies: message.quickReplies,
    replyToMid: message.replyToMid,
    edits: message.edits.length,
    customerReaction: message.customerReaction,
    pageReaction: message.pageReaction,
    delivered: message.deliveredAtMs !== null,
    read: message.readAtMs !== null,
  };
}

function customerShown(parts: SimulatorParts, customer: SimCustomer): object {
  return {
    id: customer.psid,
    name: nameOf(customer),
    firstName: customer.firstName,
    pictureUrl: parts.media.url(parts.faceOf(customer)),
    pageIsTyping: parts.typing.has(customer.psid),
    pageSeenAt: iso(customer.pageSeenAtMs),
    threadOwner: ownerShown(parts, customer),
    messages: customer.messages.slice(-SHOWN_MESSAGES).map((message) => messageShown(parts.media, message)),
  };
}

/** `app`: ours; `other`: another app, or the Page inbox; null: nobody in particular. */
function ownerShown({ routing }: SimulatorParts, customer: SimCustomer): 'app' | 'other' | null {
  if (routing.ownerOf(customer) === null) return null;
  return routing.isOtherApps(customer) ? 'other' : 'app';
}

function postShown({ world, media }: SimulatorParts, post: SimPost): object {
  const nameFor = (id: string): string => world.page(id)?.name ?? nameOf(world.mustCustomer(id));
  return {
    id: post.id,
    text: post.text,
    at: iso(post.atMs),
    comments: world.feed.comments
      .filter((comment) => comment.postId === post.id && !comment.isRemoved)
      .slice(-SHOWN_COMMENTS)
      .map((comment) => ({
        id: comment.id,
        parentId: comment.parentId,
        fromId: comment.fromId,
        name: nameFor(comment.fromId),
        text: comment.text,
        photoUrl: comment.photoMediaId === null ? null : media.url(comment.photoMediaId),
        at: iso(comment.atMs),
        edited: comment.edits > 0,
        hidden: comment.isHidden,
        likedByPage: comment.isLikedByPage,
        privatelyAnswered: comment.isPrivatelyAnswered,
      })),
  };
}

function mailShown(media: MediaStore, mail: SimMail): object {
  return {
    id: mail.id,
    direction: mail.direction,
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    subject: mail.subject,
    text: mail.text,
    files: mail.files.map(({ name, mediaType, mediaId }) => ({ name, mediaType, url: media.url(mediaId) })),
    at: iso(mail.atMs),
    thread: mail.thread,
    state: mail.state,
    reason: mail.reason,
  };
}

/** Everything the simulator's page shows, as it is now. Secrets and tokens are not in it. */
export function stateShown(simulator: Simulator, parts: SimulatorParts): object {
  const { world, mail, media, faults, clock } = parts;
  return {
    now: iso(clock.nowMs()),
    webhookUrl: simulator.webhookUrl,
    waitingDeliveries: simulator.waitingDeliveries,
    weather: simulator.weather,
    faults: faults.current(),
    faultNames: FAULTS_SHOWN,
    behaviour: simulator.behaviour,
    appId: parts.app.id,
    pages: world.pages
      .filter((page) => page.mailAddress !== null)
      .map((page) => ({
        id: page.id,
        name: page.name,
        connected: page.subscribedFields !== null,
        tokenDead: Object.keys(page.deadTokens).length > 0,
        hearsComments: page.subscribedFields?.includes('feed') ?? false,
        blocked: page.isBlocked,
        humanAgent: page.humanAgent,
        personas: page.personas,
        defaultApp: page.defaultAppId === null ? null : page.defaultAppId === parts.app.id ? 'app' : 'other',
        mayTakeControl: page.mayTakeControl,
        posts: world.feed
          .postsOf(page.id)
          .slice(-SHOWN_POSTS)
          .map((post) => postShown(parts, post)),
        mailAddress: page.mailAddress,
        mailConnected: mail.routes.has(page.mailAddress ?? ''),
        customers: world.customers.filter((customer) => customer.pageId === page.id).map((customer) => customerShown(parts, customer)),
      })),
    mailboxes: world.customers.map((customer) => ({
      address: customer.mailAddress,
      name: nameOf(customer),
      pageId: customer.pageId,
      habits: mail.habits.of(customer.mailAddress),
      mails: mail.mails
        .filter((one) => one.owner === customer.mailAddress)
        .slice(-SHOWN_MAILS)
        .map((one) => mailShown(media, one)),
    })),
  };
}
