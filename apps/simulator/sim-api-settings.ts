import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Behaviour } from './behaviour.js';
import { FAULT_NAMES } from './fault-table.js';
import { Faults, GraphFault } from './faults.js';
import { Name, route, Text, WebAddress } from './sim-route.js';
import type { SimulatorInside } from './simulator.js';
import { Weather } from './weather.js';

const Webhook = z.object({ url: WebAddress.nullable(), verify: z.boolean().default(false) });
const Clock = z.object({ now: z.iso.datetime().optional(), advanceMs: z.number().int().min(0).optional() });
const Token = z.object({ alive: z.boolean(), subcode: z.number().int().optional() });
const NamedFault = GraphFault.omit({ does: true }).extend({ name: z.enum(FAULT_NAMES) });
const AppId = z.string().regex(/^\d{1,20}$/);
const PageSettings = z
  .object({
    tasks: z.array(Name).max(20),
    scopes: z.array(Name).max(50),
    dataAccessExpiresAtMs: z.number().int().nullable(),
    humanAgent: z.boolean(),
    personas: z.boolean(),
    defaultAppId: AppId.nullable(),
    mayTakeControl: z.boolean(),
  })
  .partial();
const Restricting = z.object({ action: z.enum(['warning', 'block', 'unblock']), reason: Text.optional() });
const Callback = z.object({ kind: z.enum(['deauthorize', 'deletion']), url: WebAddress, userId: AppId.optional() });

/** What goes wrong, what the vendor does by itself, what a page is allowed, and time. */
export function settingRoutes(api: FastifyInstance, inside: SimulatorInside): void {
  worldRoutes(api, inside);
  pageRoutes(api, inside);
}

function worldRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'PUT', '/faults', (body) => {
    simulator.setFaults(Faults.parse(body));
  });
  route(api, 'POST', '/faults', (body) => {
    const { name, ...place } = NamedFault.parse(body);
    simulator.fault(name, place);
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
  route(api, 'POST', '/retry', () => {
    simulator.retryNow();
  });
}

function pageRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'PUT', '/pages/:id/token', (body, id) => {
    const { alive, subcode } = Token.parse(body);
    if (alive) simulator.revivePageToken(id);
    else simulator.killPageToken(id, subcode);
  });
  route(api, 'PUT', '/pages/:id/settings', (body, id) => {
    simulator.setPage(id, PageSettings.parse(body));
  });
  route(api, 'PUT', '/pages/:id/subscription', (body, id) => {
    z.object({ subscribed: z.literal(false) }).parse(body);
    simulator.dropSubscription(id);
  });
  route(api, 'POST', '/pages/:id/restrictions', (body, id) => {
    const { action, reason } = Restricting.parse(body);
    return simulator.pageIsRestricted(id, action, reason);
  });
  route(api, 'POST', '/callbacks', (body) => {
    const { kind, url, userId } = Callback.parse(body);
    return kind === 'deauthorize' ? simulator.personRemovesApp(url, userId) : simulator.personAsksDeletion(url, userId);
  });
}
