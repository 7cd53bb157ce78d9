import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { samplePhoto } from './picture.js';
import { SHARES } from './shares.js';
import { File, Name, route, Text } from './sim-route.js';
import type { SimulatorInside } from './simulator.js';

const Payload = z.string().min(1).max(1000);
/** Source: Meta, m.me links: at most 250 characters. */
const Ref = z.string().max(250);

const Coming = z.object({
  source: z.enum(['SHORTLINK', 'ADS', 'CUSTOMER_CHAT_PLUGIN', 'MESSENGER_CODE', 'DISCOVER_TAB']).nullable().optional(),
  ref: Ref.optional(),
  ad: z.object({ id: Name, title: Name.optional(), postId: Name.optional() }).optional(),
  url: z.string().max(2000).optional(),
});
const Saying = z.object({
  text: Text.optional(),
  files: z.array(File).max(10).default([]),
  samplePhoto: z.boolean().default(false),
  sticker: z.boolean().optional(),
  quickReply: z.string().max(1000).optional(),
  replyToMid: Name.optional(),
  unsupported: z.boolean().optional(),
  coming: Coming.optional(),
});
const Sharing = z.object({ what: z.enum(SHARES), text: Text.optional() });
const Edit = z.object({ mid: Name, text: Text });
const Unsend = z.object({ mid: Name });
const Reaction = z.object({ mid: Name, emoji: z.string().min(1).max(16).nullable() });
const Press = z.object({ title: Name, payload: Payload, coming: Coming.optional(), withoutMid: z.boolean().optional() });
const OptIn = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('plugin'), ref: Ref }),
  z.object({ kind: z.literal('checkbox'), ref: Ref, userRef: Name }),
  z.object({ kind: z.literal('one_time'), payload: Payload.optional() }),
  ...(['notification_messages', 'stop_notifications', 'resume_notifications'] as const).map((kind) =>
    z.object({ kind: z.literal(kind), title: Name.optional(), payload: Payload.optional() }),
  ),
]);
const Feedback = z.object({ score: z.number().int().min(0).max(10), comment: Text.optional() });
const Answers = z.record(z.string().max(100), z.string().max(1000));
const Product = z.object({
  id: Name,
  name: Name,
  unit_price: z.number(),
  currency: z.string().length(3),
  quantity: z.number().int().min(1),
  retailer_id: Name.optional(),
});
const Order = z.object({ products: z.array(Product).min(1).max(20), note: Text.optional() });
const Event = z.object({ field: Name.default('messages'), part: z.record(z.string(), z.unknown()).optional() });
const InboxSaying = z.object({
  customerId: Name,
  text: Text,
  appId: z
    .string()
    .regex(/^\d{1,20}$/)
    .nullable()
    .optional(),
});
const ThreadAct = z.object({ act: z.enum(['take', 'give_back', 'ask', 'release']) });

function attachmentKind(mediaType: string): 'image' | 'video' | 'audio' | 'file' {
  return (['image', 'video', 'audio'] as const).find((kind) => mediaType.startsWith(`${kind}/`)) ?? 'file';
}

/** What a customer does, and what other programs do with the thread. */
export function personRoutes(api: FastifyInstance, inside: SimulatorInside): void {
  threadRoutes(api, inside);
  aroundRoutes(api, inside);
}

function threadRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'POST', '/customers/:id/messages', async (body, id) => {
    const { files, samplePhoto: withSample, ...saying } = Saying.parse(body);
    const given = withSample ? [...files, { name: 'photo.png', mediaType: 'image/png', content: samplePhoto() }] : files;
    const attachments = given.map((file) => ({ ...file, kind: attachmentKind(file.mediaType) }));
    const { mid } = await simulator.customerSays(id, { ...saying, attachments });
    return { mid };
  });
  route(api, 'POST', '/customers/:id/shares', async (body, id) => {
    const { what, text } = Sharing.parse(body);
    const { mid } = await simulator.customerShares(id, what, text);
    return { mid };
  });
  route(api, 'POST', '/customers/:id/edits', async (body, id) => {
    const { mid, text } = Edit.parse(body);
    await simulator.customerEdits(id, mid, text);
  });
  route(api, 'POST', '/customers/:id/unsends', async (body, id) => {
    await simulator.customerUnsends(id, Unsend.parse(body).mid);
  });
  route(api, 'POST', '/customers/:id/reactions', (body, id) => {
    const { mid, emoji } = Reaction.parse(body);
    return simulator.customerReacts(id, mid, emoji);
  });
  route(api, 'POST', '/customers/:id/seen', async (_body, id) => ({ watermarkMs: await simulator.customerReads(id) }));
  route(api, 'POST', '/customers/:id/postbacks', async (body, id) => ({ mid: await simulator.customerPostback(id, Press.parse(body)) }));
}

function aroundRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'POST', '/customers/:id/started', async (body, id) => ({
    mid: await simulator.customerGetsStarted(id, Coming.optional().parse((body as { coming?: unknown }).coming)),
  }));
  route(api, 'POST', '/customers/:id/comings', (body, id) => simulator.customerComesBy(id, Coming.parse(body)));
  route(api, 'POST', '/customers/:id/optins', (body, id) => simulator.customerOptsIn(id, OptIn.parse(body)));
  route(api, 'POST', '/customers/:id/linking', (body, id) =>
    simulator.customerLinksAccount(id, z.object({ linked: z.boolean() }).parse(body).linked),
  );
  route(api, 'POST', '/customers/:id/feedback', (body, id) => simulator.customerSubmitsFeedback(id, Feedback.parse(body)));
  route(api, 'POST', '/customers/:id/forms', (body, id) => simulator.customerFillsForm(id, Answers.parse(body)));
  route(api, 'POST', '/customers/:id/orders', (body, id) => {
    const { products, note } = Order.parse(body);
    return simulator.customerOrders(id, products, note);
  });
  route(api, 'POST', '/customers/:id/events', (body, id) => {
    const { field, part } = Event.parse(body);
    return simulator.unknownEvent(id, part, field);
  });
  route(api, 'POST', '/customers/:id/thread', (body, id) => {
    const { act } = ThreadAct.parse(body);
    if (act === 'take') return simulator.otherAppTakesThread(id);
    if (act === 'give_back') return simulator.otherAppGivesBack(id);
    return act === 'ask' ? simulator.otherAppAsksForThread(id) : simulator.otherAppReleasesThread(id);
  });
  route(api, 'POST', '/inbox', async (body) => {
    const { customerId, ...said } = InboxSaying.parse(body);
    const { mid } = await simulator.pageInboxSays(customerId, said);
    return { mid };
  });
}
