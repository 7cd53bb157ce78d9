import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Behaviour } from './behaviour.js';
import { Faults } from './faults.js';
import { MEDIA_BYTES_MAX } from './media.js';
import { samplePhoto } from './picture.js';
import { stateShown } from './sim-state.js';
import type { SimulatorInside } from './simulator.js';
import { Weather } from './weather.js';

const TEXT_LENGTH_MAX = 20_000;
const NAME_LENGTH_MAX = 200;
const BASE64_LENGTH_MAX = Math.ceil((MEDIA_BYTES_MAX * 4) / 3) + 4;

const Text = z.string().min(1).max(TEXT_LENGTH_MAX);
const Name = z.string().min(1).max(NAME_LENGTH_MAX);
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>]+@[^\s@<>]+$/);
const WebAddress = z.url({ protocol: /^https?$/ }).max(2000);
const File = z
  .object({ name: Name, mediaType: Name, base64: z.string().max(BASE64_LENGTH_MAX) })
  .transform(({ name, mediaType, base64 }) => ({ name, mediaType, content: Buffer.from(base64, 'base64') }));

const Saying = z.object({
  text: Text.optional(),
  files: z.array(File).max(10).default([]),
  samplePhoto: z.boolean().default(false),
  sticker: z.boolean().optional(),
  quickReply: z.string().max(1000).optional(),
  replyToMid: Name.optional(),
});
const Edit = z.object({ mid: Name, text: Text });
const Reaction = z.object({ mid: Name, emoji: z.string().min(1).max(16).nullable() });
const Postback = z.object({ title: Name, payload: z.string().min(1).max(1000) });
const InboxSaying = z.object({ customerId: Name, text: Text });
const Mail = z.object({
  from: Address,
  to: Address.optional(),
  subject: z
    .string()
    .max(998)
    .regex(/^[^\r\n]*$/)
    .optional(),
  text: Text,
  html: z.string().max(TEXT_LENGTH_MAX).optional(),
  files: z.array(File).max(10).optional(),
  inlinePictures: z.array(File).max(10).optional(),
  answersMailId: z.uuid().optional(),
  program: z.enum(['gmail', 'outlook', 'plain']).optional(),
  language: z.enum(['en', 'nl']).optional(),
});
const Mailbox = z.union([
  z.object({ address: Address, webhookUrl: WebAddress, secret: z.string().min(1).max(500) }),
  z.object({ address: Address, smtpUrl: z.url({ protocol: /^smtp$/ }).max(2000) }),
]);
const Webhook = z.object({ url: WebAddress.nullable(), verify: z.boolean().default(false) });
const Clock = z.object({ now: z.iso.datetime().optional(), advanceMs: z.number().int().min(0).optional() });
const Token = z.object({ alive: z.boolean(), subcode: z.number().int().optional() });

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/** A page of another site, open in the same browser, must not play with the simulator. */
function isOwn(request: FastifyRequest): boolean {
  const { host, origin } = request.headers;
  return LOOPBACK_HOST.test(host ?? '') && (origin === undefined || origin === `http://${host}`);
}

function attachmentKind(mediaType: string): 'image' | 'video' | 'audio' | 'file' {
  return (['image', 'video', 'audio'] as const).find((kind) => mediaType.startsWith(`${kind}/`)) ?? 'file';
}

/** What the simulator's page and scripts may ask: JSON under `/sim/api`, and the stream that says when to ask again. */
export function simApi(server: FastifyInstance, inside: SimulatorInside): void {
  void server.register(
    (api, _options, done) => {
      api.addHook('onRequest', async (request, reply) => {
        if (!isOwn(request)) await refuse(reply, 403, 'forbidden', 'The simulator answers only its own page and programs on this machine.');
      });
      api.setErrorHandler((error, _request, reply) => {
        if (error instanceof z.ZodError) return refuse(reply, 400, 'invalid', z.prettifyError(error));
        const { statusCode = 400, message = 'This is not possible.' } = error as { statusCode?: number; message?: string };
        return refuse(reply, statusCode, 'invalid', message);
      });
      customerRoutes(api, inside);
      mailRoutes(api, inside);
      settingRoutes(api, inside);
      done();
    },
    { prefix: '/sim/api' },
  );
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, message } });
}

type Handler = (body: unknown, id: string) => unknown;

/** One route: the body is read by the handler's schema, nothing to say is answered as `{}`. */
function route(api: FastifyInstance, method: 'POST' | 'PUT', url: string, handler: Handler): void {
  api.route({
    method,
    url,
    handler: async (request) => (await handler(request.body ?? {}, (request.params as { id?: string }).id ?? '')) ?? {},
  });
}

function customerRoutes(api: FastifyInstance, { simulator, parts, stream }: SimulatorInside): void {
  api.get('/state', () => stateShown(simulator, parts));
  api.get('/events', (_request, reply) => {
    stream.open(reply);
  });
  route(api, 'POST', '/customers/:id/messages', async (body, id) => {
    const { files, samplePhoto: withSample, ...saying } = Saying.parse(body);
    const given = withSample ? [...files, { name: 'photo.png', mediaType: 'image/png', content: samplePhoto() }] : files;
    const attachments = given.map((file) => ({ ...file, kind: attachmentKind(file.mediaType) }));
    const { mid } = await simulator.customerSays(id, { ...saying, attachments });
    return { mid };
  });
  route(api, 'POST', '/customers/:id/edits', async (body, id) => {
    const { mid, text } = Edit.parse(body);
    await simulator.customerEdits(id, mid, text);
  });
  route(api, 'POST', '/customers/:id/reactions', (body, id) => {
    const { mid, emoji } = Reaction.parse(body);
    return simulator.customerReacts(id, mid, emoji);
  });
  route(api, 'POST', '/customers/:id/seen', async (_body, id) => ({ watermarkMs: await simulator.customerReads(id) }));
  route(api, 'POST', '/customers/:id/postbacks', async (body, id) => ({ mid: await simulator.customerPostback(id, Postback.parse(body)) }));
  route(api, 'POST', '/inbox', async (body) => {
    const { customerId, text } = InboxSaying.parse(body);
    const { mid } = await simulator.pageInboxSays(customerId, { text });
    return { mid };
  });
}

function mailRoutes(api: FastifyInstance, { simulator, parts }: SimulatorInside): void {
  route(api, 'POST', '/mails', async (body) => {
    const { id, state, reason } = await simulator.sendMail(Mail.parse(body));
    return { id, state, reason };
  });
  route(api, 'PUT', '/mailboxes', (body) => {
    simulator.connectMailbox(Mailbox.parse(body));
  });
  api.get<{ Params: { id: string } }>('/mails/:id/source', (request, reply) => {
    const mail = parts.mail.mails.find((one) => one.id === request.params.id);
    if (!mail) return refuse(reply, 404, 'not_found', 'There is no such mail.');
    return reply.type('text/plain; charset=utf-8').header('X-Content-Type-Options', 'nosniff').send(mail.raw);
  });
}

function settingRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'PUT', '/faults', (body) => {
    simulator.setFaults(Faults.parse(body));
  });
  route(api, 'PUT', '/weather', (body) => {
    simulator.setWeather(z.object({ weather: z.array(Weather) }).parse(body).weather);
  });
  route(api, 'PUT', '/behaviour', (body) => {
    simulator.setBehaviour(Behaviour.partial().parse(body));
  });
  route(api, 'PUT', '/clock', (body) => {
    const { now, advanceMs } = Clock.parse(body);
    if (now !== undefined) simulator.clock.set(new Date(now));
    if (advanceMs !== undefined) simulator.clock.advance({ ms: advanceMs });
    return { now: simulator.clock.now().toISOString() };
  });
  route(api, 'PUT', '/webhook', async (body) => {
    const { url, verify } = Webhook.parse(body);
    simulator.setWebhookUrl(url);
    return { problem: verify && url !== null ? await simulator.verifyWebhook() : null };
  });
  route(api, 'PUT', '/pages/:id/token', (body, id) => {
    const { alive, subcode } = Token.parse(body);
    if (alive) simulator.revivePageToken(id);
    else simulator.killPageToken(id, subcode);
  });
  route(api, 'POST', '/retry', () => {
    simulator.retryNow();
  });
}
