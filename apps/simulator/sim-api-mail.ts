import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { File, route, Text, WebAddress } from './sim-route.js';
import type { SimulatorInside } from './simulator.js';

const HTML_LENGTH_MAX = 20_000;
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>]+@[^\s@<>]+$/);

const Mail = z.object({
  from: Address,
  to: Address.optional(),
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
});
const Mailbox = z.union([
  z.object({ address: Address, webhookUrl: WebAddress, secret: z.string().min(1).max(500) }),
  z.object({ address: Address, smtpUrl: z.url({ protocol: /^smtp$/ }).max(2000) }),
]);

/** The customers' mailboxes. */
export function mailRoutes(api: FastifyInstance, { simulator, parts }: SimulatorInside): void {
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
