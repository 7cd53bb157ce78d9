import 'reflect-metadata';
import { once } from 'node:events';
import { startServer } from '../apps/standalone/server.js';
import type { ServerOrder } from './server-child.js';

/* The server as it runs in production, in a process of its own. It is told what to be, says where it is, and ends when it is let go. */

const [{ config, databaseUrls }] = (await once(process, 'message')) as [ServerOrder];
const server = await startServer({ config, databaseUrls });
process.send!({ url: server.url });
process.on('message', () => process.send!({ cpuMs: cpuMs() }));
await once(process, 'disconnect');
await server.close();

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
