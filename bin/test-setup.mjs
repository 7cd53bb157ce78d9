import { mkdtempSync, chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { root } from './run-child.mjs';

/*
 * What a run of the tests shares: one PostgreSQL server, and in it a database that is migrated and empty. Test files clone that one.
 * They find both, and the browser, in `globalThis.omnideskTestRun`; the last run's are also in dist/.test-run.json, for people.
 */

const PREFIX = 'omnidesk-test-';
const TEMPLATE = 'omnidesk_template';

export default async function setUp(globalConfig, projectConfig) {
  const { startEmbeddedPostgres, isDataFolderInUse, removeEmbeddedPostgres } = await import('../dist/libs/platform/embedded-postgres.js');
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const left = join(tmpdir(), name, 'data');
    // A run that was killed could not tidy up. One that goes on has its lock.
    if (existsSync(left) && !(await isDataFolderInUse(left))) await removeEmbeddedPostgres(left);
  }
  const outer = mkdtempSync(join(tmpdir(), PREFIX));
  // When this is root, PostgreSQL's account must get through.
  chmodSync(outer, 0o711);
  const dataDir = join(outer, 'data');
  const server = await startEmbeddedPostgres({ dataDir, durable: false });
  globalThis.omnideskTestServer = { server, outer, dataDir };
  const templateName = await makeTemplate(server);
  const testRun = { serverUrl: server.url('postgres'), templateName, browserPath: await findBrowser() };
  projectConfig.globals.omnideskTestRun = testRun;
  writeFileSync(join(root, 'dist', '.test-run.json'), JSON.stringify(testRun));
}

/** The name of the migrated database, or null when it could not be made: then every test that needs one says so. */
async function makeTemplate(server) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    await client.query(`create database ${TEMPLATE}`);
    const { migrate } = await import('../dist/libs/platform/index.js');
    await migrate({ ownerUrl: server.url(TEMPLATE) });
    return TEMPLATE;
  } catch (error) {
    process.stderr.write(`\nThe template database could not be made, so every test that needs a database fails: ${error.stack}\n\n`);
    return null;
  } finally {
    await client.end();
  }
}
