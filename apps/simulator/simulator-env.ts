import { join } from 'node:path';
import { z } from 'zod';
import { LIFELIKE_BEHAVIOUR } from './behaviour.js';
import { DEMO_APP } from './demo-world.js';
import type { SimulatorOptions } from './simulator-parts.js';

/** The customers' mail server stands this far above the page, so that whoever knows one port knows both. */
const SMTP_PORT_STEP = 25;
/** And the name server of their domains this far. */
const DNS_PORT_STEP = 53;

const PORT_MAX = 65_535;
const Port = z.coerce.number().int().min(0).max(PORT_MAX);

const Env = z.object({
  SIMULATOR_PORT: Port.max(PORT_MAX - DNS_PORT_STEP).default(3100),
  PORT: Port.default(3000),
  OMNIDESK_DATA: z.string().min(1).default('.omnidesk'),
  FACEBOOK_APP_ID: z
    .string()
    .regex(/^\d{1,15}$/)
    .default(DEMO_APP.id),
  FACEBOOK_APP_SECRET: z.string().min(1).default(DEMO_APP.secret),
  FACEBOOK_VERIFY_TOKEN: z.string().min(1).default(DEMO_APP.verifyToken),
});

/**
 * The simulator's settings from the environment, with the demo's values where nothing is set.
 *
 * Errors   throws one Error that names every variable that is wrong, never its value
 */
export function readSimulatorEnv(env: Record<string, string | undefined>): SimulatorOptions {
  const read = Env.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  if (!read.success) {
    const names = new Set(read.error.issues.map((issue) => issue.path.join('.')));
    throw new Error(`these environment variables are not usable: ${[...names].join(', ')}`);
  }
  const { SIMULATOR_PORT, PORT, OMNIDESK_DATA, FACEBOOK_APP_ID, FACEBOOK_APP_SECRET, FACEBOOK_VERIFY_TOKEN } = read.data;
  // While the app secret is being rotated there are two; the vendor signs with one.
  const [secret = FACEBOOK_APP_SECRET] = FACEBOOK_APP_SECRET.split(',');
  return {
    port: SIMULATOR_PORT,
    smtpPort: SIMULATOR_PORT === 0 ? 0 : SIMULATOR_PORT + SMTP_PORT_STEP,
    dnsPort: SIMULATOR_PORT === 0 ? 0 : SIMULATOR_PORT + DNS_PORT_STEP,
    mailPolicy: 'reject',
    bringsOwnMail: true,
    app: { id: FACEBOOK_APP_ID, secret, verifyToken: FACEBOOK_VERIFY_TOKEN },
    webhookUrl: `http://127.0.0.1:${PORT}/webhooks/messenger`,
    behaviour: LIFELIKE_BEHAVIOUR,
    dataDir: join(OMNIDESK_DATA, 'simulator'),
  };
}
