import { bootstrap } from './bootstrap.mjs';
import { command } from './steps.mjs';

await command(async () => {
  await bootstrap();
  const { build } = await import('./build-changed.mjs');
  await build();
  return 0;
});
