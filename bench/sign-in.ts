import { ApiClient } from '../test/api-client.js';
import { type Figure, percentile } from './figure.js';
import { benchConfig, type Ground, openGround, withClient } from './ground.js';
import { startServerChild } from './server-child.js';

const ROUNDS = 200;
const WARM_UP_ROUNDS = 10;
const PASSWORD = 'a password for benches';
const WRONG = 'another one for benches';

/** Whoever is told apart by the time of a refusal could be guessed at: all of these have to take as long. */
const TRIES = {
  known: { email: 'owner@bench.example', password: WRONG },
  unknown: { email: 'nobody@bench.example', password: WRONG },
  deactivated: { email: 'gone@bench.example', password: WRONG },
  'deactivated, right password': { email: 'gone@bench.example', password: PASSWORD },
};
type Kind = keyof typeof TRIES;
const KINDS = Object.keys(TRIES) as Kind[];

/**
 * How far refusals to sign in lie apart, between an address that somebody has and others. They take turns, so that the machine's moods
 * fall on all of them; the limit is how far those of the known address lie apart among themselves.
 */
export async function benchSignIn(): Promise<Figure[]> {
  const ground = await openGround();
  try {
    const server = await startServerChild({ config: benchConfig(ground.dataDir, {}), databaseUrls: ground.urls });
    try {
      await makePeople(ground, server.url.origin);
      return figuresOf(await measure(ground, server.url.origin));
    } finally {
      await server.close();
    }
  } finally {
    await ground.close();
  }
}

async function makePeople({ urls }: Ground, origin: string): Promise<void> {
  const client = new ApiClient(origin);
  const { email } = TRIES.known;
  const made = await client.post('/api/setup', { tenantName: 'Bench', name: 'Owner', email, password: PASSWORD });
  if (made.status !== 201) throw new Error('the tenant could not be prepared');
  await withClient(urls.owner, (database) =>
    database.query(
      `insert into agent (tenant_id, id, email, name, role, locale, state, password_hash, created_at, joined_at)
       select tenant_id, gen_random_uuid(), $1, 'Gone', 'agent', locale, 'deactivated', password_hash, created_at, joined_at from agent`,
      [TRIES.deactivated.email],
    ),
  );
}

async function measure({ urls }: Ground, origin: string): Promise<Record<Kind, number[]>> {
  const client = new ApiClient(origin);
  const tookMs = Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Record<Kind, number[]>;
  await withClient(urls.owner, async (database) => {
    for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
      // Or they would soon be refused unseen.
      await database.query('delete from attempt');
      for (let n = 0; n < KINDS.length; n++) {
        // Each comes first, second and so on as often as the others.
        const kind = KINDS[(n + Math.max(round, 0)) % KINDS.length]!;
        const startMs = performance.now();
        const { status } = await client.post('/api/session', TRIES[kind]);
        if (status !== 401) throw new Error(`a wrong try to sign in was answered with ${String(status)}`);
        if (round >= 0) tookMs[kind].push(performance.now() - startMs);
      }
    }
  });
  return tookMs;
}

function figuresOf({ known, ...others }: Record<Kind, number[]>): Figure[] {
  const spreadMs = percentile(known, 0.75) - percentile(known, 0.25);
  const tailMs = percentile(known, 0.95) - percentile(known, 0.5);
  return Object.entries(others).flatMap(([kind, tookMs]) => {
    const apart = (share: number, name: string, limitMs: number): Figure => ({
      name: `sign-in refused, ${kind} and known apart, p${String(share * 100)}`,
      value: Math.abs(percentile(tookMs, share) - percentile(known, share)),
      unit: 'ms',
      limit: { name, value: limitMs },
      target: { below: limitMs },
      notes: { tries: tookMs.length, knownMs: percentile(known, share), otherMs: percentile(tookMs, share) },
    });
    return [apart(0.5, 'known, p25 to p75', spreadMs), apart(0.95, 'known, p50 to p95', tailMs)];
  });
}
