import { bootstrap } from './bootstrap.mjs';
import { runNode } from './run-child.mjs';
import { serverFlags } from './server-flags.mjs';
import { command, Stop } from './steps.mjs';

// Production: the roles named in OMNIDESK_ROLES, no demo, and no key that was made on the way.
await command(async () => {
  if (!process.env.OMNIDESK_SECRET_KEY) {
    throw new Stop(
      'OMNIDESK_SECRET_KEY is not set: 32 random bytes in base64, for example from "openssl rand -base64 32". Keep it: without it nothing stored can be read.',
    );
  }
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  const env = { HOST: '0.0.0.0', ...process.env, OMNIDESK_DEMO: '0' };
  return await runNode([...serverFlags, 'dist/apps/standalone/main.js', ...process.argv.slice(2)], { env });
});
