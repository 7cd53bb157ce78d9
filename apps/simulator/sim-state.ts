import type { SimMail } from './mailbox.js';
import type { MediaStore } from './media.js';
import { nameOf, type SimAttachment, type SimCustomer, type SimMessage } from './page-world.js';
import type { Simulator } from './simulator.js';
import type { SimulatorParts } from './simulator-parts.js';

const SHOWN_MESSAGES = 200;
const SHOWN_MAILS = 100;

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
    messages: customer.messages.slice(-SHOWN_MESSAGES).map((message) => messageShown(parts.media, message)),
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
    behaviour: simulator.behaviour,
    pages: world.pages
      .filter((page) => page.mailAddress !== null)
      .map((page) => ({
        id: page.id,
        name: page.name,
        connected: page.subscribedFields !== null,
        tokenDead: Object.keys(page.deadTokens).length > 0,
        mailAddress: page.mailAddress,
        mailConnected: mail.routes.has(page.mailAddress ?? ''),
        customers: world.customers.filter((customer) => customer.pageId === page.id).map((customer) => customerShown(parts, customer)),
      })),
    mailboxes: world.customers.map((customer) => ({
      address: customer.mailAddress,
      name: nameOf(customer),
      pageId: customer.pageId,
      mails: mail.mails
        .filter((one) => one.owner === customer.mailAddress)
        .slice(-SHOWN_MAILS)
        .map((one) => mailShown(media, one)),
    })),
  };
}
