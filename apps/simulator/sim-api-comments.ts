import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Name, route, Text } from './sim-route.js';
import type { SimulatorInside } from './simulator.js';

const Commenting = z.object({
  text: Text.optional(),
  postId: Name.optional(),
  parentId: Name.optional(),
  photo: z.boolean().optional(),
  anonymous: z.boolean().optional(),
});

/** What stands below the posts. */
export function commentRoutes(api: FastifyInstance, { simulator }: SimulatorInside): void {
  route(api, 'POST', '/customers/:id/comments', async (body, id) => ({
    id: (await simulator.customerComments(id, Commenting.parse(body))).id,
  }));
  route(api, 'POST', '/pages/:id/comments', async (body, id) => ({ id: (await simulator.pageComments(id, Commenting.parse(body))).id }));
  route(api, 'POST', '/pages/:id/posts', async (body, id) => ({
    id: (await simulator.pagePosts(id, z.object({ text: Text }).parse(body).text)).id,
  }));
  route(api, 'PUT', '/comments/:id', async (body, id) => {
    const { text, hidden } = z.object({ text: Text.optional(), hidden: z.boolean().optional() }).parse(body);
    if (text !== undefined) await simulator.customerEditsComment(id, text);
    if (hidden !== undefined) await simulator.pageHidesComment(id, hidden);
  });
  route(api, 'DELETE', '/comments/:id', (_body, id) => simulator.customerRemovesComment(id));
  route(api, 'POST', '/posts/:id/likes', (body, id) => {
    const { customerId, on } = z.object({ customerId: Name, on: z.boolean().default(true) }).parse(body);
    return simulator.customerLikesPost(customerId, id, on);
  });
}
