import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { endWithUs, root } from './run-child.mjs';
import { command } from './steps.mjs';

/* All tests, the browser's included. Whatever happens, the last line says how many passed and failed. */

const RUN_MINUTES_MAX = 60;
const resultFile = join(root, 'dist', '.test-result.json');

await command(async () => {
  const result = { passed: 0, failed: 0, skipped: 0 };
  try {
    await bootstrap();
    const { build } = await import('./build-changed.mjs');
    await build();
    const { ensureBrowser } = await import('./browser.mjs');
    await ensureBrowser();
    Object.assign(result, await runJest());
  } catch (error) {
    process.stdout.write(`\n${error.name === 'Stop' ? error.message : error.stack}\n`);
    result.failed = Math.max(result.failed, 1);
  }
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  process.stdout.write(`\n${result.passed} passed, ${result.failed} failed${skipped}\n`);
  return result.failed === 0 ? 0 : 1;
});

async function runJest() {
  mkdirSync(join(root, 'dist'), { recursive: true });
  rmSync(resultFile, { force: true });
  const code = await jest();
  const told = readResult();
  if (told === null) throw new Error(`The tests ended without a result (exit code ${code}).`);
  // A file that could not even be read counts as a failure of its own: none of its tests are among the failed ones.
  const failed = told.numFailedTests + told.numRuntimeErrorTestSuites;
  const result = { passed: told.numPassedTests, failed, skipped: told.numPendingTests + told.numTodoTests };
  if (result.passed + result.failed === 0) {
    process.stdout.write('\nNo test ran, and that is a failure.\n');
    result.failed = 1;
  }
  if (code !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

function jest() {
  const program = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', '--enable-source-maps'];
  const args = ['--config', 'jest.config.json', '--json', '--outputFile', resultFile, ...process.argv.slice(2)];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, program, ...args], {
      cwd: root,
      // The result goes to the file; what people read comes on the error output.
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: RUN_MINUTES_MAX * 60_000,
      env: { ...process.env, NODE_ENV: 'test' },
    });
    child.once('error', reject);
    endWithUs(child);
    child.once('exit', resolve);
  });
}

function readResult() {
  try {
    return JSON.parse(readFileSync(resultFile, 'utf8'));
  } catch {
    // Killed or crashed before it could write: the caller counts that as a failure.
    return null;
  }
}
