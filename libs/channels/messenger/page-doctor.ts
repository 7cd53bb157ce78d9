import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Connection, DoctorLine } from '#contract';
import { Clock, CONFIG, type Config, DAY_MS, SECOND_MS } from '#platform';
import { ChannelError, type OpenConnection } from '../channel.js';
import { line, looked, unknown } from '../doctor-line.js';
import { COMMENT_SCOPES, NECESSARY_SCOPES } from './facebook-login.js';
import { GraphClient } from './graph-client.js';
import { DATA_ACCESS_WARN_MS } from './page-health.service.js';
import { isLost, PageSubscription, wantedFields } from './page-subscription.js';
import { heardLine } from './self-test.service.js';
import { TokenCheck, type TokenFacts, type TokenUnknown } from './token-check.js';

const LOOK_TIMEOUT_MS = 12 * SECOND_MS;
/** A page that nobody wrote to for so long may be quiet, or deaf. */
const QUIET_MS = 7 * DAY_MS;
const SELF_TEST_LIFE_MS = 7 * DAY_MS;

const App = z.object({ id: z.coerce.string() });
const AppSubscriptions = z.object({
  data: z.array(
    z.object({ object: z.string(), callback_url: z.string().optional(), active: z.union([z.boolean(), z.string()]).optional() }),
  ),
});
const Features = z.object({
  messaging_feature_status: z.object({ hop_v2: z.boolean().optional(), msgr_multi_app: z.boolean().optional() }).optional(),
});

/** What the doctor looks at a page with. */
export interface PagePatient {
  connection: Connection;
  open: OpenConnection;
  selfTestAt: Date | null;
}

type TokenAnswer = TokenFacts | TokenUnknown | 'none';

/** Looks at everything between a customer who writes to a page and the agent who should see it. */
@Injectable()
export class PageDoctor {
  constructor(
    private readonly graph: GraphClient,
    private readonly tokens: TokenCheck,
    private readonly subscription: PageSubscription,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Every line at once, each within twelve seconds; what cannot be looked at is unknown. */
  async look(patient: PagePatient): Promise<DoctorLine[]> {
    const token = patient.open.secrets['pageToken'];
    const facts: Promise<TokenAnswer> = token === undefined ? Promise.resolve('none') : this.tokens.look(token);
    const within = (check: DoctorLine['check'], look: () => Promise<DoctorLine>) =>
      looked(check, LOOK_TIMEOUT_MS, () =>
        look().catch((error: unknown) => {
          if (error instanceof ChannelError) return notAnswered(check, error);
          throw error;
        }),
      );
    return Promise.all([
      within('app_mode', () => this.appMode()),
      within('app_secret', async () => this.appSecret(await facts)),
      within('permissions', async () => this.permissions(patient, await facts)),
      within('subscribed_fields', () => this.subscribedFields(patient)),
      within('routing', () => this.routing(patient)),
      within('token', async () => this.token(patient, await facts)),
      within('last_event', () => Promise.resolve(this.lastEvent(patient))),
      within('verify_token', () => this.verifyToken()),
      within('self_test', () => Promise.resolve(this.selfTest(patient))),
    ]);
  }

  private async appMode(): Promise<DoctorLine> {
    const { appToken } = this.tokens;
    const { appId } = this.config.facebook;
    if (appToken === null) return noApp('app_mode');
    await this.graph.call({ path: appId, token: appToken, query: { fields: 'id' } }, App);
    return line('app_mode', 'unknown', 'app_mode_not_told', {
      message:
        'Facebook does not tell programs whether the app is live. Look at the switch “App mode”: in development only people with a role in the app are heard.',
      remedy: 'outside',
      url: `https://developers.facebook.com/apps/${appId}/`,
    });
  }

  private appSecret(facts: TokenAnswer): DoctorLine {
    const { appSecrets } = this.config.facebook;
    if (this.tokens.appToken === null) return noApp('app_secret');
    if (facts === 'refused') {
      return line('app_secret', 'bad', 'app_secret_refused', {
        message:
          'Facebook does not accept this installation’s app id and app secret. Nothing that it sends can be trusted until they are right.',
        remedy: 'operator',
      });
    }
    if (typeof facts === 'string') return unknown('app_secret', facts, 'Facebook could not be asked about the app secret.');
    const message =
      appSecrets.length > 1
        ? 'Facebook accepts the app secret. A second one is accepted too, while they are being changed.'
        : 'Facebook accepts the app secret.';
    return line('app_secret', 'good', appSecrets.length > 1 ? 'app_secret_rotating' : 'app_secret_accepted', { message });
  }

  private permissions({ connection }: PagePatient, facts: TokenAnswer): DoctorLine {
    if (typeof facts === 'string' || facts.scopes.length === 0) {
      return unknown('permissions', 'permissions_not_told', 'Facebook did not say what this page allows us.');
    }
    const lacks = (scopes: readonly string[]) => scopes.filter((scope) => !facts.scopes.includes(scope));
    const missing = lacks(NECESSARY_SCOPES);
    if (missing.length > 0) {
      const message = `Permissions are missing: ${missing.join(', ')}. Connect the page again and allow them.`;
      return line('permissions', 'bad', 'permissions_missing', { message, names: missing, remedy: 'reconnect' });
    }
    const forComments = connection.settings.comments ? lacks(COMMENT_SCOPES) : [];
    if (forComments.length > 0) {
      const message = `Messages are fine; for comments these permissions are missing: ${forComments.join(', ')}. Connect the page again and allow them, or turn comments off.`;
      return line('permissions', 'warning', 'comment_permissions_missing', { message, names: forComments, remedy: 'reconnect' });
    }
    return line('permissions', 'good', 'permissions_granted', { message: 'The page allows us all that is needed.' });
  }

  private async subscribedFields({ open }: PagePatient): Promise<DoctorLine> {
    if (open.secrets['pageToken'] === undefined) return noToken('subscribed_fields');
    const fields = await this.subscription.current(open, this.config.facebook.appId);
    const missing = wantedFields(open.settings).filter((field) => !fields.includes(field));
    if (isLost(fields)) {
      const message =
        'The page does not send its messages to Omnidesk: the subscription is gone. Subscribe again; what was missed is looked for.';
      return line('subscribed_fields', 'bad', 'subscription_lost', { message, remedy: 'subscribe' });
    }
    if (missing.length > 0) {
      const message = `The page does not send everything: ${missing.join(', ')} is missing.`;
      return line('subscribed_fields', 'warning', 'fields_missing', { message, names: missing, remedy: 'subscribe' });
    }
    return line('subscribed_fields', 'good', 'fields_complete', { message: 'The page sends everything that Omnidesk understands.' });
  }

  private async routing({ open }: PagePatient): Promise<DoctorLine> {
    const token = open.secrets['pageToken'];
    if (token === undefined) return noToken('routing');
    const { messaging_feature_status: status } = await this.graph.call(
      { path: 'me', token, query: { fields: 'messaging_feature_status' } },
      Features,
    );
    if (status === undefined)
      return unknown('routing', 'routing_not_told', 'Facebook did not say how this page deals out its conversations.');
    if (status.hop_v2 === true || status.msgr_multi_app === true) {
      return line('routing', 'warning', 'routing_on', {
        message:
          'This page deals its conversations out among apps. Where another app has one, Omnidesk shows it and offers to take it over; who gets new ones is set on the page, under Advanced messaging.',
        remedy: 'outside',
        url: `https://www.facebook.com/${open.externalId}/settings/?tab=advanced_messaging`,
      });
    }
    return line('routing', 'good', 'routing_off', { message: 'Every message of the page comes to Omnidesk.' });
  }

  private token({ connection }: PagePatient, facts: TokenAnswer): DoctorLine {
    if (facts === 'none' || (typeof facts !== 'string' && !facts.isValid)) {
      const message =
        'Facebook no longer accepts the connection to this page. Messages still come in; answers wait. Connect the page again.';
      return line('token', 'bad', 'token_dead', { message, remedy: 'reconnect' });
    }
    if (typeof facts === 'string') return unknown('token', facts, 'Facebook could not be asked about the token.');
    if (connection.state === 'needs_reconnecting') {
      const message =
        'Facebook accepts the token again, but the page is still marked as broken. Connect it again, or wait for the hourly look.';
      return line('token', 'warning', 'token_alive_again', { message, remedy: 'reconnect' });
    }
    const { dataAccessEndsAt } = facts;
    if (dataAccessEndsAt !== null && dataAccessEndsAt.getTime() - this.clock.now().getTime() < DATA_ACCESS_WARN_MS) {
      const day = dataAccessEndsAt.toISOString().slice(0, 10);
      const message = `The token works, but Facebook ends the access to the page’s data on ${day}. Connect the page again to renew it.`;
      return line('token', 'warning', 'data_access_ends', { message, names: [day], remedy: 'reconnect' });
    }
    return line('token', 'good', 'token_alive', { message: 'Facebook accepts the connection to this page.' });
  }

  private lastEvent({ connection: { lastReceivedAt } }: PagePatient): DoctorLine {
    if (lastReceivedAt === null) {
      const message = 'Nothing has come in from this page yet. Write to it from a private account, or test the way in.';
      return line('last_event', 'warning', 'nothing_yet', { message, remedy: 'self_test' });
    }
    if (this.clock.now().getTime() - new Date(lastReceivedAt).getTime() > QUIET_MS) {
      const day = lastReceivedAt.slice(0, 10);
      const message = `The last message came in on ${day}. If customers have written since, test the way in.`;
      return line('last_event', 'warning', 'quiet', { message, names: [day], remedy: 'self_test' });
    }
    return line('last_event', 'good', 'heard_lately', { message: 'Messages have come in during the last week.' });
  }

  private async verifyToken(): Promise<DoctorLine> {
    const { appToken } = this.tokens;
    const { appId, verifyToken } = this.config.facebook;
    if (appToken === null) return noApp('verify_token');
    if (verifyToken === '') {
      const message = 'This installation has no verify token, so Facebook cannot be told our address.';
      return line('verify_token', 'bad', 'no_verify_token', { message, remedy: 'operator' });
    }
    const { data } = await this.graph.call({ path: `${appId}/subscriptions`, token: appToken }, AppSubscriptions);
    const page = data.find(({ object }) => object === 'page');
    const address = `${this.config.publicUrl}/webhooks/messenger`;
    if (page?.callback_url === address && page.active !== false && page.active !== 'false') {
      return line('verify_token', 'good', 'address_known', { message: 'Facebook sends what happens on pages to this installation.' });
    }
    const code = page === undefined ? 'address_unknown' : page.callback_url === address ? 'address_inactive' : 'address_other';
    const what = {
      address_unknown: 'knows no address',
      address_inactive: 'has switched our address off',
      address_other: 'knows another address',
    };
    const message = `Facebook ${what[code]} for this app’s webhooks. Enter ${address} and the verify token in the app’s settings.`;
    return line('verify_token', 'bad', code, { message, names: [address], remedy: 'operator' });
  }

  private selfTest({ selfTestAt }: PagePatient): DoctorLine {
    if (selfTestAt !== null && this.clock.now().getTime() - selfTestAt.getTime() < SELF_TEST_LIFE_MS) {
      return heardLine(selfTestAt);
    }
    const message = 'The way in through the public address has not been tested lately.';
    return line('self_test', 'unknown', 'not_tested', { message, remedy: 'self_test' });
  }
}

function notAnswered(check: DoctorLine['check'], { remedy }: ChannelError): DoctorLine {
  return remedy === 'reconnect'
    ? unknown(check, 'token_dead', 'Facebook does not answer this while the connection to the page is broken.')
    : unknown(check, remedy === 'give_up' ? 'not_told' : 'unavailable', 'Facebook did not answer this question. Look again in a moment.');
}

function noApp(check: DoctorLine['check']): DoctorLine {
  return line(check, 'bad', 'no_facebook_app', {
    message: 'This installation has no Meta app: its id and secret are missing.',
    remedy: 'operator',
  });
}

function noToken(check: DoctorLine['check']): DoctorLine {
  return unknown(check, 'token_dead', 'Facebook does not answer this while the connection to the page is broken.');
}
