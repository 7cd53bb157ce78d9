import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock, Database, DAY_MS, Egress, EgressFailure, Log, Refusal, type TenantTx } from '#platform';
import { ConnectionService, type Route } from '../connection.service.js';
import { IntakeService } from '../intake.service.js';
import { checkMailgun, readMailgun } from './webhook-mailgun.js';
import { checkPostmark, readPostmark } from './webhook-postmark.js';
import type { BroughtMail, Checked, MailProvider, ProviderRequest } from './webhook-provider.js';
import { checkSendgrid, readSendgrid } from './webhook-sendgrid.js';
import { checkSes, confirmationUrl, readSes } from './webhook-ses.js';

/** Longer than any provider goes on trying. */
const TOKEN_KEPT_MS = 2 * DAY_MS;
const CERTIFICATES_MAX = 20;
const CERTIFICATE_KEPT_MS = DAY_MS;
const CERTIFICATE_BYTES_MAX = 32 * 1024;
const AMAZON_TIMEOUT_MS = 5000;

const READERS: Record<MailProvider, (request: ProviderRequest) => Promise<BroughtMail | null>> = {
  mailgun: readMailgun,
  postmark: readPostmark,
  sendgrid: readSendgrid,
  ses: readSes,
};

/** Takes mail from services that receive it for a domain and bring it in a form of their own. */
@Injectable()
export class ProviderDoor {
  private readonly certificates = new Map<string, { text: string; until: number }>();

  constructor(
    private readonly intake: IntakeService,
    private readonly connections: ConnectionService,
    private readonly db: Database,
    private readonly clock: Clock,
    private readonly egress: Egress,
    private readonly log: Log,
  ) {}

  /**
   * Keep the mail that a provider brings for the mailbox of this key. Resolves once it is committed.
   *
   * Errors   forbidden `bad_signature`, for Mailgun not_acceptable: those are the answers that end their trying; the same for a key that
   *          nobody has and for a mailbox that expects another provider. invalid `no_mail`
   * Repeats  the same mail twice is one
   */
  async accept(provider: MailProvider, mailboxKey: string, request: ProviderRequest): Promise<void> {
    const route = await this.connections.routeOf('email', mailboxKey);
    const key = route === null ? '' : await this.keyOf(route, provider);
    const checked = await this.check(provider, request, key);
    if (route === null || key === '' || checked.is === 'forged') throw forged(provider);
    if (provider === 'ses' && (await this.isAboutSubscription(request))) return;
    const mail = await READERS[provider](request);
    if (mail === null || mail.raw.length === 0) throw new Refusal('invalid', 'no_mail', 'There is no mail in this request.');
    if (checked.once !== undefined && !(await this.useOnce(route, checked.once, request.body))) throw forged(provider);
    await this.intake.keep({ channel: 'email', body: mail.raw, envelope: mail.envelope, ...route });
  }

  private check(provider: MailProvider, request: ProviderRequest, key: string): Promise<Checked> | Checked {
    const now = this.clock.now();
    switch (provider) {
      case 'mailgun':
        return checkMailgun(request, key, now);
      case 'postmark':
        return checkPostmark(request, key);
      case 'sendgrid':
        return checkSendgrid(request, key, now);
      case 'ses':
        return checkSes(request, key, { now, certificate: (url) => this.certificate(url) });
      default:
        throw new Error(`unreachable: ${provider satisfies never}`);
    }
  }

  /** What only this mailbox and its provider know; '' where the mailbox expects another. */
  private async keyOf({ tenantId, connectionId }: Route, provider: MailProvider): Promise<string> {
    const { secrets, mailbox } = await this.db.inTenant(tenantId, (tx) => this.connections.open(tx, connectionId));
    return mailbox?.inbound === provider ? (secrets['inboundKey'] ?? '') : '';
  }

  /** False when the token has brought another body already. */
  private async useOnce({ tenantId, connectionId }: Route, token: string, body: Buffer): Promise<boolean> {
    return this.db.inTenant(tenantId, async (tx) => {
      const now = this.clock.now();
      await this.forgetOldTokens(tx, connectionId, now);
      const [known] = await tx.query<{ isSame: boolean }>(
        `insert into webhook_token (tenant_id, connection_id, token_digest, body_digest, seen_at) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, connection_id, token_digest) do update set seen_at = webhook_token.seen_at
         returning body_digest = $4 as "isSame"`,
        [tenantId, connectionId, digest(Buffer.from(token)), digest(body), now],
      );
      return known!.isSame;
    });
  }

  private async forgetOldTokens(tx: TenantTx, connectionId: string, now: Date): Promise<void> {
    await tx.query('delete from webhook_token where connection_id = $1 and seen_at < $2', [
      connectionId,
      new Date(now.getTime() - TOKEN_KEPT_MS),
    ]);
  }

  /** Amazon asks first whether we want a topic's notifications. That it is the mailbox's own topic has been looked at. */
  private async isAboutSubscription(request: ProviderRequest): Promise<boolean> {
    const url = confirmationUrl(request);
    if (url === null) return false;
    const { status } = await this.egress.request({ url, timeoutMs: AMAZON_TIMEOUT_MS });
    if (status !== 200) throw new Refusal('unavailable', 'not_confirmed', 'Amazon did not take our yes. It asks again.');
    return true;
  }

  private async certificate(url: string): Promise<string | null> {
    const now = this.clock.now().getTime();
    const known = this.certificates.get(url);
    if (known !== undefined && known.until > now) return known.text;
    try {
      const { status, body } = await this.egress.request({ url, timeoutMs: AMAZON_TIMEOUT_MS, responseBytesMax: CERTIFICATE_BYTES_MAX });
      if (status !== 200) return null;
      if (this.certificates.size >= CERTIFICATES_MAX) this.certificates.clear();
      this.certificates.set(url, { text: body.toString('latin1'), until: now + CERTIFICATE_KEPT_MS });
      return body.toString('latin1');
    } catch (error) {
      if (!(error instanceof EgressFailure)) throw error;
      this.log.warn('sns_certificate_not_fetched', { code: error.code });
      throw new Refusal('unavailable', 'not_checked', 'The signature could not be checked right now. Try again later.');
    }
  }
}

/** The answer after which a provider stops trying. */
function forged(provider: MailProvider): Refusal {
  return new Refusal(provider === 'mailgun' ? 'not_acceptable' : 'forbidden', 'bad_signature', 'The signature does not match.');
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
