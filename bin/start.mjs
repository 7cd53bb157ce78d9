import { bootstrap } from './bootstrap.mjs';
import { runNode } from './run-child.mjs';
import { serverFlags } from './server-flags.mjs';
import { command } from './steps.mjs';

// Everything on a laptop: install, build, and one process with every door, its own database and the demo.
await command(async () => {
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  return await runNode([...serverFlags, 'dist/apps/standalone/main.js', ...process.argv.slice(2)], {
    env: { OMNIDESK_DEMO: '1', ...process.env },
  });
});
