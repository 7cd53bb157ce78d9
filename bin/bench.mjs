import { bootstrap } from './bootstrap.mjs';
import { runNode } from './run-child.mjs';
import { command } from './steps.mjs';

await command(async () => {
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  return await runNode(['--enable-source-maps', 'dist/bench/run.js', ...process.argv.slice(2)]);
});
