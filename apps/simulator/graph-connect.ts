/** How an app gets to speak for a page: login, tokens, subscriptions. */
import { randomInt } from 'node:crypto';
import { GraphError, invalidParameter, noPermission, unknownObject } from './graph-error.js';
import { needsScopes, needsTasks, pageOf, type GraphAsk } from './graph-call.js';
import { listIn, textIn } from './graph-input.js';
import { pagedBy } from './graph-paging.js';
import { oauthRefusal, type SimApp, type TokenMeaning, type TokenOffice } from './graph-token.js';
import type { PageWorld, SimPage } from './page-world.js';
import { durationMs, type SimClock } from './sim-clock.js';
import type { WebhookSender } from './webhook-sender.js';

/** Small on purpose: whoever does not follow `paging.next` misses the last page. */
export const ACCOUNTS_PER_ANSWER_MAX = 2;
/** How long after a person last used the app it may read data. */
const DATA_ACCESS_LASTS_MS = durationMs({ days: 90 });
const VERIFY_TIMEOUT_MS = 5000;
const ANSWER_LENGTH_MAX = 1000;

/** Source: Meta, "Webhooks", fields of the object `page`. */
const PAGE_FIELDS = (
  'messages message_deliveries message_echoes message_edits message_reads message_reactions messaging_postbacks messaging_optins ' +
  'messaging_optouts messaging_referrals messaging_handovers standby messaging_policy_enforcement messaging_account_linking ' +
  'messaging_feedback messaging_customer_information messaging_game_plays messaging_integrity messaging_appointments ' +
  'messaging_in_thread_lead_form_submit message_context message_template_status_update marketing_message_delivery_failed ' +
  'response_feedback send_cart inbox_labels feed mention ratings leadgen live_videos'
).split(' ');

/** What stands in public on the page. */
const FEED_FIELDS = ['feed', 'mention', 'ratings', 'live_videos'];

export interface ConnectDesk {
  app: SimApp;
  tokens: TokenOffice;
  world: PageWorld;
  clock: SimClock;
  baseUrl: () => string;
  sender: WebhookSender;
  /** Null until the app itself was subscribed to something. */
  appFields: string[] | null;
  onChange: () => void;
}

/** `GET /oauth/access_token`: a code for a short token, or a short token for a long one. */
export function accessToken(desk: ConnectDesk, ask: GraphAsk): object {
  const value = (name: string): string => textIn(ask.values, name) ?? '';
  if (!desk.tokens.isApp(value('client_id'), value('client_secret'))) throw oauthRefusal('Error validating client secret.');
  const kind = textIn(ask.values, 'grant_type') ?? 'authorization_code';
  const grant =
    kind === 'fb_exchange_token'
      ? desk.tokens.extend(value('fb_exchange_token'))
      : kind === 'authorization_code'
        ? desk.tokens.redeemCode(value('code'), value('redirect_uri'))
        : null;
  if (!grant) throw oauthRefusal('Invalid grant_type');
  const expiresIn = Math.round((grant.expiresAtMs - desk.clock.nowMs()) / 1000);
  return { access_token: grant.token, token_type: 'bearer', expires_in: expiresIn };
}

/** `GET /me/accounts`: the pages a person let the app have, a few at a time. */
export function accounts(desk: ConnectDesk, ask: GraphAsk): object {
  const { token } = ask;
  if (token.kind !== 'user') throw noPermission('A user access token is required for this call');
  const granted = desk.world.pages.filter((page) => token.pageIds.includes(page.id));
  const factsOf = (page: SimPage): object => ({
    id: page.id,
    name: page.name,
    access_token: desk.world.currentToken(page),
    category: page.category,
    tasks: page.tasks,
  });
  return pagedBy(ask, granted, { perAnswerMax: ACCOUNTS_PER_ANSWER_MAX, baseUrl: desk.baseUrl(), factsOf });
}

/** `GET /debug_token`: what a token is and whether it lives. A dead one is an answer here, not an error. */
export function debugToken(desk: ConnectDesk, ask: GraphAsk): object {
  if (ask.token.kind === 'page') throw noPermission('You must provide an app access token or a user access token of the app');
  const inputToken = textIn(ask.values, 'input_token');
  if (inputToken === null) throw invalidParameter('The parameter input_token is required');
  try {
    return { data: meaningOf(desk, desk.tokens.read(inputToken)) };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    const { code, subcode, message } = error.facts;
    const page = desk.tokens.pageOf(inputToken);
    const whose = page ? { type: 'PAGE', profile_id: page.id, user_id: page.grantedBy } : {};
    return { data: { app_id: desk.app.id, ...whose, is_valid: false, scopes: [], error: { code, subcode, message } } };
  }
}

function meaningOf(desk: ConnectDesk, token: TokenMeaning): object {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  const common = { app_id: desk.app.id, application: 'Omnidesk', is_valid: true };
  if (token.kind === 'app') return { ...common, type: 'APP', expires_at: 0, scopes: [] };
  const inNinetyDays = desk.clock.nowMs() + DATA_ACCESS_LASTS_MS;
  if (token.kind === 'user') {
    const granular = token.scopes.map((scope) => ({ scope, target_ids: token.pageIds }));
    return {
      ...common,
      type: 'USER',
      user_id: token.userId,
      issued_at: seconds(token.issuedAtMs),
      expires_at: seconds(token.expiresAtMs),
      data_access_expires_at: seconds(inNinetyDays),
      scopes: token.scopes,
      granular_scopes: granular,
    };
  }
  const { id, scopes, grantedBy, dataAccessExpiresAtMs } = token.page;
  return {
    ...common,
    type: 'PAGE',
    profile_id: id,
    user_id: grantedBy,
    issued_at: seconds(desk.clock.nowMs()),
    expires_at: 0,
    data_access_expires_at: seconds(dataAccessExpiresAtMs ?? inNinetyDays),
    scopes,
    granular_scopes: scopes.map((scope) => ({ scope, target_ids: [id] })),
  };
}

/** `POST|GET|DELETE /{page}/subscribed_apps`. A POST replaces the list; one wrong name fails the whole call. */
export function subscribedApps(desk: ConnectDesk, ask: GraphAsk): object {
  const page = pageOf(ask);
  needsTasks(page, 'MESSAGING', 'MODERATE');
  if (ask.method === 'GET') {
    if (page.subscribedFields === null) return { data: [] };
    const app = { id: desk.app.id, name: 'Omnidesk', link: 'https://omnidesk.example/', category: 'Business' };
    return { data: [{ ...app, subscribed_fields: page.subscribedFields }] };
  }
  needsScopes(page, 'pages_manage_metadata');
  if (ask.method === 'DELETE') page.subscribedFields = null;
  else {
    const fields = fieldsIn(ask, 'subscribed_fields');
    // One field that the app has no permission for fails the whole call.
    needsScopes(page, ...(fields.some((field) => !FEED_FIELDS.includes(field)) ? ['pages_messaging'] : []));
    needsScopes(page, ...(fields.some((field) => FEED_FIELDS.includes(field)) ? ['pages_read_user_content'] : []));
    page.subscribedFields = fields;
  }
  desk.onChange();
  return { success: true };
}

function fieldsIn(ask: GraphAsk, name: string): string[] {
  const fields = listIn(ask.values, name);
  if (fields.length === 0) throw invalidParameter(`The parameter ${name} is required`);
  fields.forEach((field, index) => {
    if (!PAGE_FIELDS.includes(field))
      throw invalidParameter(`Param ${name}[${index}] must be one of {${PAGE_FIELDS.join(', ')}} - got "${field}"`);
  });
  return [...new Set(fields)];
}

/** `POST|GET /{app}/subscriptions`: where the app wants its webhooks. The address must answer the challenge first. */
export async function appSubscriptions(desk: ConnectDesk, ask: GraphAsk): Promise<object> {
  if (ask.token.kind !== 'app' || ask.id !== desk.app.id) throw unknownObject(ask.method, ask.id);
  if (ask.method === 'GET') {
    if (desk.appFields === null) return { data: [] };
    const fields = desk.appFields.map((name) => ({ name, version: ask.version }));
    return { data: [{ object: 'page', callback_url: desk.sender.url, active: true, fields }] };
  }
  if (ask.values.object !== 'page') throw invalidParameter('Param object must be one of {page}');
  const fields = fieldsIn(ask, 'fields');
  const url = textIn(ask.values, 'callback_url') ?? '';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw invalidParameter('Param callback_url must be a valid URI');
  const problem = await verifyCallback(url, textIn(ask.values, 'verify_token') ?? '');
  if (problem !== null)
    throw new GraphError({ code: 2200, message: `(#2200) Callback verification failed with the following errors: ${problem}` });
  desk.sender.url = url;
  desk.appFields = fields;
  desk.onChange();
  return { success: true };
}

/** Asks an address whether it is willing, as saving it in the dashboard does. Answers what is wrong, or null. */
export async function verifyCallback(url: string, verifyToken: string): Promise<string | null> {
  const challenge = String(randomInt(1e9, 2e9));
  const asked = new URL(url);
  asked.searchParams.set('hub.mode', 'subscribe');
  asked.searchParams.set('hub.challenge', challenge);
  asked.searchParams.set('hub.verify_token', verifyToken);
  try {
    const answer = await fetch(asked, { redirect: 'manual', signal: AbortSignal.timeout(VERIFY_TIMEOUT_MS) });
    const text = (await answer.text()).slice(0, ANSWER_LENGTH_MAX);
    if (answer.status !== 200) return `HTTP Status Code = ${answer.status}`;
    return text === challenge ? null : 'the challenge was not returned';
  } catch (error) {
    return `the address could not be reached (${error instanceof Error ? error.name : 'unknown'})`;
  }
}

/** The page's own facts: `GET /me` or `GET /{page}`. */
export function pageFacts(page: SimPage): Record<string, unknown> {
  const link = `https://www.facebook.com/${page.id}`;
  const isRouted = page.defaultAppId !== null;
  return {
    id: page.id,
    name: page.name,
    category: page.category,
    link,
    tasks: page.tasks,
    is_published: true,
    messaging_feature_status: { hop_v2: isRouted, msgr_multi_app: isRouted, ig_multi_app: false },
  };
}

/** What the app can read about itself: `GET /{app}`. Whether it is live is not among it. */
export function appFacts(app: SimApp): Record<string, unknown> {
  return {
    id: app.id,
    name: 'Omnidesk',
    category: 'Business',
    link: `https://www.facebook.com/games/?app_id=${app.id}`,
    app_domains: ['omnidesk.example'],
    privacy_policy_url: 'https://omnidesk.example/privacy',
    user_support_email: 'help@omnidesk.example',
  };
}
