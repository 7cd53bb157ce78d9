import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { commentRoutes } from './sim-api-comments.js';
import { mailRoutes } from './sim-api-mail.js';
import { personRoutes } from './sim-api-people.js';
import { settingRoutes } from './sim-api-settings.js';
import { stateShown } from './sim-state.js';
import type { SimulatorInside } from './simulator.js';

const LOOPBACK_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/;

/** A page of another site, open in the same browser, must not play with the simulator. */
function isOwn(request: FastifyRequest): boolean {
  const { host, origin } = request.headers;
  return LOOPBACK_HOST.test(host ?? '') && (origin === undefined || origin === `http://${host}`);
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
      const { simulator, parts, stream } = inside;
      api.get('/state', () => stateShown(simulator, parts));
      api.get('/events', (_request, reply) => {
        stream.open(reply);
      });
      personRoutes(api, inside);
      commentRoutes(api, inside);
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
