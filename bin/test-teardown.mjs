import { rmSync } from 'node:fs';

export default async function tearDown() {
  const { server, outer, dataDir } = globalThis.omnideskTestServer;
  const { removeEmbeddedPostgres } = await import('../dist/libs/platform/embedded-postgres.js');
  await server.stop();
  await removeEmbeddedPostgres(dataDir);
  rmSync(outer, { recursive: true, force: true });
}
