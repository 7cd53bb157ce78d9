import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { DNS_TYPES, DnsName, readRecords } from './dns-records.js';
import { MailHabits } from './mail-habits.js';
import { MailKind } from './mail-kinds.js';
import { File, route, Text, WebAddress } from './sim-route.js';
import type { Simulator, SimulatorInside } from './simulator.js';

const HTML_LENGTH_MAX = 20_000;
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>]+@[^\s@<>]+$/);

const RECIPIENTS_MAX = 10;
const Addresses = z.union([Address, z.array(Address).min(1).max(RECIPIENTS_MAX)]);

const Mail = z.object({
  from: Address,
  /** In whose mailbox the copy lies. */
  owner: Address.optional(),
  to: Addresses.optional(),
  cc: z.array(Address).max(RECIPIENTS_MAX).optional(),
  subject: z
    .string()
    .max(998)
    .regex(/^[^\r\n]*$/)
    .optional(),
  text: Text,
  html: z.string().max(HTML_LENGTH_MAX).optional(),
  files: z.array(File).max(10).optional(),
  inlinePictures: z.array(File).max(10).optional(),
  answersMailId: z.uuid().optional(),
  program: z.enum(['gmail', 'outlook', 'plain']).optional(),
  language: z.enum(['en', 'nl']).optional(),
  kind: MailKind.optional(),
  isForged: z.boolean().optional(),
});
const Telling = z.object({ what: z.enum(['read', 'complaint']) });
const Entering = z.object({ records: z.array(z.unknown()) });
const DnsKind = z.enum(DNS_TYPES);
const Mailbox = z.union([
  z.object({ address: Address, webhookUrl: WebAddress, secret: z.string().min(1).max(500) }),
  z.object({ address: Address, smtpUrl: z.url({ protocol: /^smtp$/ }).max(2000) }),
]);

/** The customers' mailboxes, and what their domains say in the DNS. */
export function mailRoutes(api: FastifyInstance, { simulator, parts }: SimulatorInside): void {
  dnsRoutes(api, simulator);
  route(api, 'PUT', '/mailboxes/:id/habits', (body, id) => {
    simulator.setMailHabits(Address.parse(id), MailHabits.partial().parse(body));
  });
  route(api, 'POST', '/mails/:id/reports', (body, id) => parts.mail.tell(id, Telling.parse(body).what));
  route(api, 'POST', '/mails', async (body) => {
    const { id, state, reason } = await simulator.sendMail(Mail.parse(body));
    return { id, state, reason };
  });
  route(api, 'PUT', '/mailboxes', (body) => {
    simulator.connectMailbox(Mailbox.parse(body));
  });
  api.get<{ Params: { id: string } }>('/mails/:id/source', (request, reply) => {
    const mail = parts.mail.mails.find((one) => one.id === request.params.id);
    if (!mail) return reply.code(404).send({ error: { code: 'not_found', message: 'There is no such mail.' } });
    return reply.type('text/plain; charset=utf-8').header('X-Content-Type-Options', 'nosniff').send(mail.raw);
  });
}

function dnsRoutes(api: FastifyInstance, { dns }: Simulator): void {
  const url = '/dns/:name/:type';
  api.put<{ Params: { name: string; type: string } }>(url, ({ params, body }) => {
    const type = DnsKind.parse(params.type.toUpperCase());
    dns.set(DnsName.parse(params.name), type, readRecords(type, Entering.parse(body).records));
    return {};
  });
  api.delete<{ Params: { name: string; type: string } }>(url, ({ params }) => {
    dns.unset(DnsName.parse(params.name), DnsKind.parse(params.type.toUpperCase()));
    return {};
  });
}
