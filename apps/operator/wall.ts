import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperatorAddressList } from '#accounts';
import { type Config, type Log, requestSource } from '#platform';
import type { OperatorRequest } from './operator-who.js';

/** Everything that the console's page is made of; the rest is kept by nobody. */
const FILES = /^\/assets\//;

/**
 * What every request to this door meets before anything else: it must come from an address on the list, and be meant for an address of
 * ours, so that no other site's name can lead a browser here. Nothing is asked, read or served before that.
 */
export function standWall(
  app: NestFastifyApplication,
  addresses: OperatorAddressList,
  { config, log }: { config: Config; log: Log },
): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { address } = requestSource(request, config.trustedProxies);
    if (!(await addresses.allows(address))) {
      log.warn('operator_address_refused', { method: request.method });
      return reply.status(403).send({ error: { code: 'address_refused', message: 'This door is not open to the address you come from.' } });
    }
    if (!ownAuthorities(request, config).has(request.headers.host?.toLowerCase() ?? '')) {
      return reply.status(403).send({ error: { code: 'unknown_host', message: 'This door has another address: OPERATOR_URL.' } });
    }
    (request as OperatorRequest).consoleAt = { origin: originOf(request, config), address };
    return undefined;
  });
  fastify.addHook('onSend', async (request, reply, payload) => {
    if (!FILES.test(request.url)) reply.header('cache-control', 'no-store');
    return Promise.resolve(payload);
  });
}

/** Where the console is opened: passkeys are made for this address. */
export function originOf({ socket }: FastifyRequest, { operatorUrl }: Config): string {
  return operatorUrl ?? `http://localhost:${String(socket.localPort)}`;
}

/** The names under which this door may be called: the configured one, and those of the machine itself. */
function ownAuthorities(request: FastifyRequest, config: Config): Set<string> {
  const port = String(request.socket.localPort);
  const local = request.socket.localAddress?.replace(/^::ffff:/, '') ?? '';
  const named = [new URL(originOf(request, config)).host, `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`];
  return new Set([...named, local.includes(':') ? `[${local}]:${port}` : `${local}:${port}`]);
}
