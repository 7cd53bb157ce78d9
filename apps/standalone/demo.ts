import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { InvitationService, SetupService, SignInService } from '#accounts';
import { MailboxService, PageService } from '#channels';
import type { Setup } from '#contract';
import { type Config, Database, type TenantId } from '#platform';
import { DEMO_PAGES, demoPageToken } from '../simulator/index.js';

/** Only for the demo, which listens on loopback: whoever can reach it may know it. */
export const DEMO_PASSWORD = 'ride-a-bike-drink-tea';
export const DEMO_OWNERS = { spaak: 'ada@spaak.example', linden: 'lin@linden.example' };

const TENANTS: { setup: Omit<Setup, 'password'>; colleague: { name: string; email: string } }[] = [
  {
    setup: { tenantName: 'Spaak Bikes', name: 'Ada Luik', email: DEMO_OWNERS.spaak, locale: 'en' },
    colleague: { name: 'Grace Hof', email: 'grace@spaak.example' },
  },
  {
    setup: { tenantName: 'Linden Tea', name: 'Lin Berger', email: DEMO_OWNERS.linden, locale: 'en' },
    colleague: { name: 'Piet Linde', email: 'piet@linden.example' },
  },
];

/** First words, so that the first look at the inbox is not an empty one. */
const FIRST_WORDS: { psid: string; texts: string[] }[] = [
  {
    psid: '24680135790246811',
    texts: ['Hoi! Mijn fiets zou vandaag komen, maar ik ben tot vier uur op mijn werk.', 'Kan het ook bij de buren worden afgeleverd?'],
  },
  { psid: '24680135790246823', texts: ['Hello, do I need a 54 cm or a 56 cm frame? I am 178 cm tall.'] },
  { psid: '24680135790246859', texts: ['Is the Assam harvest back in stock?'] },
];
const FIRST_MAIL = {
  from: 'sanne@mail.example',
  to: 'help@spaak.example',
  subject: 'Factuur van mijn reparatie',
  text: 'Dag,\n\nOp de factuur van dinsdag staat nog mijn oude adres. Kunnen jullie een nieuwe sturen?\n\nGroet,\nSanne de Wit',
};

const TELL_TIMEOUT_MS = 10_000;

export interface DemoPlace {
  simulatorUrl: string;
  simulatorSmtpUrl: string;
  publicUrl: string;
  appSecret: string;
}

/**
 * Make the two demo tenants, with their page and mailbox connected to the simulator, and a few customers who have just written.
 *
 * Repeats  nothing, once there is a tenant
 */
export async function seedDemo(app: NestFastifyApplication, place: DemoPlace): Promise<boolean> {
  const setup = app.get(SetupService);
  if (!(await setup.isNeeded())) return false;
  for (const [at, { setup: tenant, colleague }] of TENANTS.entries()) {
    const tenantId = await setup.tenant({ ...tenant, password: DEMO_PASSWORD }, { isEasy: true });
    await addColleague(app, tenant.email, colleague);
    await connect(app, tenantId, DEMO_PAGES[at]!, place);
  }
  for (const { psid, texts } of FIRST_WORDS) {
    for (const text of texts) await tell(place, 'POST', `customers/${psid}/messages`, { text });
  }
  await tell(place, 'POST', 'mails', FIRST_MAIL);
  return true;
}

/**
 * Enter our address in the simulated app's settings, as whoever runs a real app does there. Where Facebook cannot reach the address the
 * entry is refused; the doctor of each page says so, and the demo goes on.
 */
export async function enterWebhookAddress({ facebook, publicUrl }: Config): Promise<void> {
  await fetch(`${facebook.graphUrl}/${facebook.graphVersion}/${facebook.appId}/subscriptions`, {
    method: 'POST',
    body: new URLSearchParams({
      object: 'page',
      callback_url: `${publicUrl}/webhooks/messenger`,
      verify_token: facebook.verifyToken,
      fields: 'messages,feed',
      access_token: `${facebook.appId}|${facebook.appSecrets[0]!}`,
    }),
    signal: AbortSignal.timeout(TELL_TIMEOUT_MS),
  });
}

async function addColleague(
  app: NestFastifyApplication,
  ownerEmail: string,
  { name, email }: { name: string; email: string },
): Promise<void> {
  const source = { address: '127.0.0.1', device: 'demo' };
  const { actor } = await app.get(SignInService).byPassword({ email: ownerEmail, password: DEMO_PASSWORD }, source);
  const { inviteUrl } = await app.get(InvitationService).invite(actor, { email, name, role: 'agent' });
  const accepted = await app.get(InvitationService).accept({ token: inviteUrl.split('#')[1]!, name, password: DEMO_PASSWORD }, source);
  for (const { tenantId, sessionId } of [actor, accepted.actor]) {
    await app.get(Database).inTenant(tenantId, (tx) => tx.query('delete from session where id = $1', [sessionId]));
  }
}

async function connect(
  app: NestFastifyApplication,
  tenantId: TenantId,
  page: (typeof DEMO_PAGES)[number],
  place: DemoPlace,
): Promise<void> {
  await app.get(PageService).connect(tenantId, { pageId: page.id, pageToken: demoPageToken(place.appSecret, page.id) }, { kind: 'system' });
  const address = page.mailAddress!;
  const mailbox = await app
    .get(MailboxService)
    .connect(tenantId, { address, name: `${page.name} e-mail`, smtp: { url: place.simulatorSmtpUrl } });
  const webhookUrl = `${place.publicUrl}/webhooks/email/${mailbox.mailboxKey}`;
  await tell(place, 'PUT', 'mailboxes', { address, webhookUrl, secret: mailbox.inboundSecret });
  await tellDomain(place, address.split('@')[1]!);
}

/** What a business that has mail says about its domain. The key of our signatures is left for whoever follows the doctor's advice. */
async function tellDomain(place: DemoPlace, domain: string): Promise<void> {
  const mail = `mail.${domain}`;
  await tell(place, 'PUT', `dns/${mail}/A`, { records: ['192.0.2.26'] });
  await tell(place, 'PUT', `dns/${domain}/MX`, { records: [{ exchange: mail }] });
  await tell(place, 'PUT', `dns/${domain}/TXT`, { records: ['v=spf1 ip4:127.0.0.1 -all'] });
  await tell(place, 'PUT', `dns/_dmarc.${domain}/TXT`, { records: ['v=DMARC1; p=none'] });
}

async function tell({ simulatorUrl }: DemoPlace, method: 'POST' | 'PUT', path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${simulatorUrl}/sim/api/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TELL_TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`The simulator refused ${path} (${String(answer.status)}).`);
}
