import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './run-child.mjs';
import { command } from './steps.mjs';

await command(async () => {
  await bootstrap();
  const { MAP_FILE, mapText } = await import('./map-text.mjs');
  mkdirSync(dirname(join(root, MAP_FILE)), { recursive: true });
  writeFileSync(join(root, MAP_FILE), await mapText());
  process.stdout.write(`✓ wrote ${MAP_FILE}\n`);
  const { build } = await import('./build-changed.mjs');
  await build();
  const { PERMISSIONS_FILE, permissionsText } = await import('./permissions-text.mjs');
  writeFileSync(join(root, PERMISSIONS_FILE), await permissionsText());
  process.stdout.write(`✓ wrote ${PERMISSIONS_FILE}\n`);
  return 0;
});
