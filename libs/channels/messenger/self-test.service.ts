import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as passes } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { DoctorLine } from '#contract';
import { Clock, CONFIG, type Config, Database, Egress, EgressFailure, Log, SECOND_MS, type TenantId } from '#platform';
import type { ConnectionId } from '../connection-id.js';
import { line } from '../doctor-line.js';

const NONCE_BYTES = 16;
const POST_TIMEOUT_MS = 10 * SECOND_MS;
const READ_WITHIN_MS = 10 * SECOND_MS;
const LOOK_EVERY_MS = 200;

/** Asks through the public address, as Meta would, and waits until the question has come all the way in. */
@Injectable()
export class SelfTest {
  private readonly egress: Egress;

  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    // Our own address may be private (a laptop, a test). Trusted here alone: what customers send must never lead back to us.
    this.egress = new Egress([new URL(config.publicUrl).origin]);
  }

  /** Limits: 20 seconds. Repeats: each question is a new one. */
  async run(tenantId: TenantId, id: ConnectionId, pageId: string): Promise<DoctorLine> {
    const [secret] = this.config.facebook.appSecrets;
    if (secret === undefined) {
      return line('self_test', 'bad', 'no_app_secret', {
        message: 'This installation has no app secret, so nothing that Facebook sends can be trusted.',
        remedy: 'operator',
      });
    }
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const refused = await this.post(secret, questionOf(pageId, nonce, this.clock.now()));
    if (refused) return refused;
    for (let waitedMs = 0; waitedMs < READ_WITHIN_MS; waitedMs += LOOK_EVERY_MS) {
      if (await this.isHeard(tenantId, id, nonce)) {
        return heardLine(this.clock.now());
      }
      await passes(LOOK_EVERY_MS);
    }
    return line('self_test', 'bad', 'not_read', {
      message: 'The question was taken in, but nobody read it within ten seconds. Is a worker running?',
      remedy: 'operator',
    });
  }

  private async post(secret: string, body: Buffer): Promise<DoctorLine | null> {
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    try {
      const { status } = await this.egress.request({
        url: `${this.config.publicUrl}/webhooks/messenger`,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
        body,
        timeoutMs: POST_TIMEOUT_MS,
      });
      return status === 200 ? null : refusedWith(status);
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      this.log.warn('self_test_failed', { code: error.code });
      return line('self_test', 'bad', 'unreachable', {
        message: `The public address ${this.config.publicUrl} cannot be reached from here, so Facebook may not reach it either.`,
        names: [this.config.publicUrl],
        remedy: 'operator',
      });
    }
  }

  private async isHeard(tenantId: TenantId, id: ConnectionId, nonce: string): Promise<boolean> {
    const rows = await this.db.inTenant(tenantId, (tx) =>
      tx.query('select id from connection where id = $1 and self_test_nonce = $2', [id, nonce]),
    );
    return rows.length > 0;
  }
}

/** What to say of a question that came in at that time. */
export function heardLine(at: Date): DoctorLine {
  const day = at.toISOString().slice(0, 10);
  const message = `A signed question through the public address came all the way in on ${day}.`;
  return line('self_test', 'good', 'heard', { message, names: [day], remedy: 'self_test' });
}

/** A delivery like Meta's, with one event that only we make. */
function questionOf(pageId: string, nonce: string, now: Date): Buffer {
  const entry = { id: pageId, time: now.getTime(), messaging: [{ omnidesk_self_test: nonce }] };
  return Buffer.from(JSON.stringify({ object: 'page', entry: [entry] }));
}

function refusedWith(status: number): DoctorLine {
  if (status === 401 || status === 403) {
    return line('self_test', 'bad', 'signature_refused', {
      message:
        'What answers at the public address does not know this installation’s app secret: it leads to another one, or is out of date.',
      remedy: 'operator',
    });
  }
  return line('self_test', 'bad', 'wrong_answer', {
    message: `What answers at the public address says ${String(status)} to a delivery. Look at the proxy in front of Omnidesk.`,
    remedy: 'operator',
  });
}
