import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Config, ConfigProblem, prepareGround, readEnv } from '#platform';
import { DEMO_APP } from '../simulator/index.js';
import { DEMO_OWNERS, DEMO_PASSWORD, enterWebhookAddress, seedDemo } from './demo.js';
import { say, step } from './say.js';
import { type RunningServer, startServer } from './server.js';

const SIMULATOR = join(import.meta.dirname, '../simulator/main.js');
/** The simulator's mail server stands this far above its page. */
const SIMULATOR_SMTP_PORT_STEP = 25;
/** And the name server of its mail domains this far. */
const SIMULATOR_DNS_PORT_STEP = 53;
const SIMULATOR_START_MS_MAX = 20_000;
const SIMULATOR_STOP_MS_MAX = 5_000;

type Environment = Record<string, string | undefined>;

/** Start everything, tell where it is, and stop it in order when asked to. Resolves with the exit code. */
export async function runStandalone(environment: Environment): Promise<number> {
  const stopAsked = untilAskedToStop();
  const env = environment['OMNIDESK_DEMO'] === '1' ? withDemo(environment) : environment;
  const asked = readEnv(env);
  if (!asked.demo && asked.secretKeys.length === 0) {
    throw new ConfigProblem(
      'OMNIDESK_SECRET_KEY is needed: 32 random bytes in base64. Keep it apart from the backups: it opens every stored secret.',
    );
  }
  const ground = await step('database ready', () => prepareGround(asked));
  let simulator: ChildProcess | undefined;
  let server: RunningServer | undefined;
  try {
    if (ground.config.demo) simulator = await step('simulator ready', () => startSimulatorBeside(env, ground.config));
    server = await step('doors open', () => startServer(ground));
    if (ground.config.demo) await beginDemo(server, ground.config);
    greet(server, ground.config);
    await Promise.race([stopAsked, simulator ? once(simulator, 'exit') : stopAsked]);
    say('\nStopping …');
    return 0;
  } finally {
    await server?.close();
    if (simulator) await endSimulator(simulator);
    await ground.close();
    say('Stopped. Everything is kept.');
  }
}

/** The demo's world is the simulator, unless the environment names another. */
function withDemo(environment: Environment): Environment {
  const simulatorPort = environment['SIMULATOR_PORT'] ?? '3100';
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}`;
  return {
    ...environment,
    FACEBOOK_APP_ID: environment['FACEBOOK_APP_ID'] ?? DEMO_APP.id,
    FACEBOOK_APP_SECRET: environment['FACEBOOK_APP_SECRET'] ?? DEMO_APP.secret,
    FACEBOOK_VERIFY_TOKEN: environment['FACEBOOK_VERIFY_TOKEN'] ?? DEMO_APP.verifyToken,
    GRAPH_URL: environment['GRAPH_URL'] ?? simulatorUrl,
    FACEBOOK_URL: environment['FACEBOOK_URL'] ?? simulatorUrl,
    DNS_SERVERS: environment['DNS_SERVERS'] ?? `127.0.0.1:${String(Number(simulatorPort) + SIMULATOR_DNS_PORT_STEP)}`,
  };
}

async function startSimulatorBeside(env: Environment, config: Config): Promise<ChildProcess> {
  const child = fork(SIMULATOR, {
    env: { ...env, OMNIDESK_DATA: config.dataDir },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const said: string[] = [];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const url = simulatorUrl(config);
  const giveUpAt = performance.now() + SIMULATOR_START_MS_MAX;
  while (child.exitCode === null && performance.now() < giveUpAt) {
    const answer = await fetch(`${url}/sim/api/state`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
    if (answer?.ok && said.length > 0) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill();
  throw new ConfigProblem(said.join('').trim() || 'The simulator did not start.');
}

async function endSimulator(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), SIMULATOR_STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}

async function beginDemo(server: RunningServer, config: Config): Promise<void> {
  const place = {
    simulatorUrl: simulatorUrl(config),
    simulatorSmtpUrl: `smtp://127.0.0.1:${String(config.simulatorPort + SIMULATOR_SMTP_PORT_STEP)}`,
    publicUrl: config.publicUrl,
    appSecret: config.facebook.appSecrets[0]!,
  };
  await step('demo tenants ready', async () => {
    // A Graph API that somebody named is somebody's own.
    if (config.facebook.graphUrl === place.simulatorUrl) await enterWebhookAddress(config);
    await seedDemo(server.app, place);
  });
}

function greet(server: RunningServer, config: Config): void {
  say(`\nOmnidesk     ${config.publicUrl}`);
  if (config.demo) {
    say(`Simulator    ${simulatorUrl(config)}   (write here as a customer)`);
    say(`\nSign in as   ${DEMO_OWNERS.spaak}  (Spaak Bikes)  or  ${DEMO_OWNERS.linden}  (Linden Tea)`);
    say(`Password     ${DEMO_PASSWORD}`);
  }
  if (server.operator !== null) say(`Operator     ${config.operatorUrl ?? server.operator.url.replace('127.0.0.1', 'localhost')}`);
  if (server.smtpPort !== null) say(`Mail door    port ${String(server.smtpPort)}`);
  say('\nCtrl-C stops everything.');
}

function simulatorUrl(config: Config): string {
  return `http://127.0.0.1:${String(config.simulatorPort)}`;
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
