import { bootstrap } from './bootstrap.mjs';
import { runNode } from './run-child.mjs';
import { serverFlags } from './server-flags.mjs';
import { command } from './steps.mjs';

// Measures the server as it is started by the other commands: with the same flags.
await command(async () => {
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  const env = { BENCH_NODE_FLAGS: serverFlags.join(' '), ...process.env };
  return await runNode(['--enable-source-maps', 'dist/bench/run.js', ...process.argv.slice(2)], { env });
});
