/** `GET /v{n}/dialog/oauth`: the page on which a person lets the app have pages, or does not. Lives on www.facebook.com. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ADMINS, PAGE_SCOPES } from './demo-world.js';
import type { TokenOffice } from './graph-token.js';
import type { PageWorld } from './page-world.js';

/** No `form-action`: browsers hold it against the redirect that follows the form, which leads to the app. */
const DIALOG_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";
const PARAMETER_LENGTH_MAX = 4000;

export interface DialogDesk {
  tokens: TokenOffice;
  world: PageWorld;
}

interface DialogQuery {
  client_id: string;
  redirect_uri: string;
  state: string;
  scope: string;
  /** A configuration of Login for Business: it names the permissions, so that the call need not. */
  config_id: string;
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

function readQuery(given: unknown): DialogQuery {
  const values = (given ?? {}) as Record<string, unknown>;
  const text = (name: string): string => {
    const value = values[name];
    return typeof value === 'string' && value.length <= PARAMETER_LENGTH_MAX ? value : '';
  };
  return {
    client_id: text('client_id'),
    redirect_uri: text('redirect_uri'),
    state: text('state'),
    scope: text('scope'),
    config_id: text('config_id'),
  };
}

function problemOf(desk: DialogDesk, query: DialogQuery): string | null {
  if (!desk.tokens.isApp(query.client_id)) return 'Invalid App ID: the provided app ID does not look like a valid app ID.';
  if (!/^https?:\/\//.test(query.redirect_uri) || !URL.canParse(query.redirect_uri))
    return 'URL blocked: the redirect URI is missing or not allowed.';
  return null;
}

function html(reply: FastifyReply, status: number, title: string, body: string): FastifyReply {
  return reply.code(status).header('Content-Security-Policy', DIALOG_POLICY).type('text/html; charset=utf-8')
    .send(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><link rel="stylesheet" href="/page.css"></head>
<body class="dialog"><main class="card"><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`);
}

/** Shows the choice. */
export function showDialog(desk: DialogDesk, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const query = readQuery(request.query);
  const problem = problemOf(desk, query);
  if (problem !== null) return html(reply, 400, 'Something went wrong', `<p>${escapeHtml(problem)}</p>`);
  const hidden = Object.entries<string>({ ...query }).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`,
  );
  const choices = desk.world.pages.map(
    (page) => `<label class="choice"><input type="checkbox" name="page" value="${page.id}" checked> ${escapeHtml(page.name)}
<small>${mayWhat(page.tasks)}</small></label>`,
  );
  const people = ADMINS.map(({ id, name }) => `<option value="${id}">${escapeHtml(name)}</option>`);
  return html(
    reply,
    200,
    'Log in with Facebook (simulated)',
    `<p>Omnidesk asks to read and answer the messages of these pages.</p>
<form method="post">${hidden.join('')}<p class="person"><label for="person">You are signed in as</label>
<select id="person" name="person">${people.join('')}</select></p><fieldset><legend>Pages</legend>${choices.join('')}</fieldset>
<p class="actions-row"><button class="primary" name="choice" value="allow">Allow</button> <button name="choice" value="deny">Not now</button></p></form>`,
  );
}

function mayWhat(tasks: readonly string[]): string {
  if (!tasks.includes('MESSAGING')) return 'You may not answer messages here';
  return tasks.includes('MODERATE') ? 'You may answer messages here' : 'You may answer messages here, but not connect apps';
}

/** Takes the choice back to the app: with a code, or with the refusal in Meta's words. */
export function answerDialog(desk: DialogDesk, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body: unknown = request.body;
  const form = new URLSearchParams(body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : '');
  const query = readQuery(Object.fromEntries(form));
  const problem = problemOf(desk, query);
  if (problem !== null) return html(reply, 400, 'Something went wrong', `<p>${escapeHtml(problem)}</p>`);
  const back = new URL(query.redirect_uri);
  if (form.get('choice') === 'allow') {
    const pageIds = form.getAll('page').filter((id) => desk.world.page(id));
    const scopes = query.scope === '' ? PAGE_SCOPES : query.scope.split(/[ ,]+/);
    const person = ADMINS.find(({ id }) => id === form.get('person')) ?? ADMINS[0];
    back.searchParams.set('code', desk.tokens.issueCode({ userId: person.id, redirectUri: query.redirect_uri, pageIds, scopes }));
  } else {
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_code', '200');
    back.searchParams.set('error_description', 'Permissions error');
    back.searchParams.set('error_reason', 'user_denied');
  }
  if (query.state !== '') back.searchParams.set('state', query.state);
  // Facebook appends this fragment to every return.
  back.hash = '_=_';
  return reply.redirect(back.href, 302);
}
