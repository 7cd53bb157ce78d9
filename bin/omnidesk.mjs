import { bootstrap } from './bootstrap.mjs';
import { runNode } from './run-child.mjs';
import { command } from './steps.mjs';

// The operator's command line. What it says may be read by a machine, so what is told on the way goes to the error output.
await command(async () => {
  const write = process.stdout.write;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  process.stdout.write = write;
  return await runNode(['--enable-source-maps', 'dist/apps/operator/main.js', ...process.argv.slice(2)]);
});
