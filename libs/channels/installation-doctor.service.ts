import { statfs } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { TenantService } from '#accounts';
import type { HealthLine, InstallationHealth } from '#contract';
import { JobWorker } from '#jobs';
import { CONFIG, type Config, Database, DATABASE_URLS, type DatabaseUrls, isMigrated, MINUTE_MS, SECOND_MS } from '#platform';
import { DeliveryLog } from './delivery-log.service.js';
import { MailRelay } from './email/index.js';
import { GraphClient } from './messenger/index.js';

const LOOK_TIMEOUT_MS = 8 * SECOND_MS;
/** Below this PostgreSQL soon cannot write; what comes in could not be kept. */
const DISK_FREE_BYTES_WARN = 2 * 1024 ** 3;
const DISK_FREE_BYTES_MIN = 500 * 1024 ** 2;
/** Work that waits for so long means that nobody works, or too few. */
const JOB_LAG_SECONDS_WARN = (5 * MINUTE_MS) / SECOND_MS;
const Subscriptions = z.object({ data: z.array(z.object({ object: z.string() })) });

type Facts = HealthLine['facts'];

/** Looks at what the whole installation stands on. It sees figures and settings, and nothing that belongs to a tenant. */
@Injectable()
export class InstallationDoctor {
  constructor(
    private readonly db: Database,
    private readonly deliveries: DeliveryLog,
    private readonly jobs: JobWorker,
    private readonly tenants: TenantService,
    private readonly graph: GraphClient,
    private readonly relay: MailRelay,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(DATABASE_URLS) private readonly urls: DatabaseUrls,
  ) {}

  /** Every line at once, each within eight seconds. */
  async look(): Promise<InstallationHealth> {
    const [figures, ...lines] = await Promise.all([
      this.figures(),
      within('database', 'The database does not answer. Look whether it runs, and whether the disk is full.', () => this.database()),
      within('migrations', 'Run "npm run omnidesk -- migrate".', () => this.migrations()),
      within('disk', 'The data folder cannot be looked at.', () => this.disk()),
      within('mail', 'The mail server of SMTP_URL does not let us in. Look at its address, name and password.', () => this.mail()),
      within('meta_app', 'Meta does not accept FACEBOOK_APP_ID and FACEBOOK_APP_SECRET. Compare them with the app’s settings.', () =>
        this.metaApp(),
      ),
      within('public_address', 'PUBLIC_URL cannot be used.', () => Promise.resolve(this.publicAddress())),
    ]);
    return { lines: [...lines, jobsLine(figures)], figures };
  }

  async figures(): Promise<InstallationHealth['figures']> {
    const [deliveries, jobs, tenants] = await Promise.all([this.deliveries.figures(), this.jobs.figures(), this.tenants.countByState()]);
    return {
      deliveriesWaiting: deliveries.waiting,
      deliveriesSetAside: deliveries.setAside,
      deliveryLagSeconds: Math.round(deliveries.lagSeconds),
      jobsWaiting: jobs.waiting,
      jobsFailed: jobs.failed,
      jobLagSeconds: Math.round(jobs.lagSeconds),
      tenantsActive: tenants.active,
      tenantsSuspended: tenants.suspended,
    };
  }

  private async database(): Promise<HealthLine> {
    const startedAt = performance.now();
    const [row] = await this.db.query<{ version: string }>("select current_setting('server_version') as version");
    return good('database', { version: row!.version, answeredInMs: Math.round(performance.now() - startedAt) });
  }

  private async migrations(): Promise<HealthLine> {
    const isCurrent = await isMigrated(this.urls.owner);
    return isCurrent ? good('migrations') : bad('migrations', 'The tables are of another version. Run "npm run omnidesk -- migrate".');
  }

  private async disk(): Promise<HealthLine> {
    const { bavail, bsize } = await statfs(this.config.dataDir);
    const facts = { freeBytes: bavail * bsize };
    if (facts.freeBytes < DISK_FREE_BYTES_MIN)
      return bad('disk', 'The disk is nearly full. Make room now: what comes in must be kept.', facts);
    if (facts.freeBytes < DISK_FREE_BYTES_WARN) return warn('disk', 'The disk is getting full. Make room.', facts);
    return good('disk', facts);
  }

  private async mail(): Promise<HealthLine> {
    const { smtpUrl } = this.config;
    if (smtpUrl === null) {
      return warn('mail', 'Set SMTP_URL: without it nobody is told by mail when a connection breaks, and passwords cannot be reset.', {
        isSet: false,
      });
    }
    await this.relay.verify({ server: { url: smtpUrl }, isOwn: false });
    return good('mail', { isSet: true });
  }

  private async metaApp(): Promise<HealthLine> {
    const { appId, appSecrets } = this.config.facebook;
    const [secret] = appSecrets;
    if (appId === '' || secret === undefined) {
      return warn('meta_app', 'Set FACEBOOK_APP_ID and FACEBOOK_APP_SECRET to connect Facebook pages.', { isSet: false });
    }
    const { data } = await this.graph.call({ path: `${appId}/subscriptions`, token: `${appId}|${secret}` }, Subscriptions);
    if (data.some(({ object }) => object === 'page')) return good('meta_app', { isSet: true });
    return warn('meta_app', 'The app sends nothing here yet: enter the webhook address in its settings.', { isSet: true });
  }

  private publicAddress(): HealthLine {
    const { protocol, hostname } = new URL(this.config.publicUrl);
    const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    const facts = { address: this.config.publicUrl };
    if (protocol === 'https:' || (isLocal && this.config.demo)) return good('public_address', facts);
    return warn('public_address', 'Put HTTPS before it and set PUBLIC_URL: Meta calls no other address, and cookies need it.', facts);
  }
}

function jobsLine({ jobLagSeconds, jobsFailed, jobsWaiting }: InstallationHealth['figures']): HealthLine {
  const facts = { jobsWaiting, jobsFailed, jobLagSeconds };
  return jobLagSeconds > JOB_LAG_SECONDS_WARN
    ? bad('jobs', 'Work waits for too long. Look whether a process with the role "worker" runs.', facts)
    : good('jobs', facts);
}

/** What fails or takes too long is bad, whatever it said: its words may hold what no line should. */
async function within(key: HealthLine['key'], advice: string, look: () => Promise<HealthLine>): Promise<HealthLine> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<HealthLine>((resolve) => {
    timer = setTimeout(() => resolve(bad(key, advice, { tookTooLong: true })), LOOK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([look(), tooLong]);
  } catch {
    return bad(key, advice);
  } finally {
    clearTimeout(timer);
  }
}

function good(key: HealthLine['key'], facts: Facts = {}): HealthLine {
  return { key, state: 'good', facts, advice: null };
}

function warn(key: HealthLine['key'], advice: string, facts: Facts = {}): HealthLine {
  return { key, state: 'warn', facts, advice };
}

function bad(key: HealthLine['key'], advice: string, facts: Facts = {}): HealthLine {
  return { key, state: 'bad', facts, advice };
}
