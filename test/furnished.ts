import type { ConnectedMailbox, Conversation, ConversationRow, Invited, MadeApiKey, Message, Page, RoleKind, Upload } from '#contract';
import type { ApiClient } from './api-client.js';
import { deliveryReport } from './mail-reports.js';
import { changeRecording } from './recording-rules.js';
import { PASSWORD, type Tenant, type World } from './world.js';

/** A dot of a picture: what matters is that there is a file. */
const PICTURE = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** A tenant with one of everything that the first rooms can hold, and the ids by which others might try to reach it. */
export interface Furnished extends Tenant {
  admin: ApiClient;
  agent: ApiClient;
  ids: {
    agent: string;
    invited: string;
    passkey: string;
    session: string;
    connection: string;
    contact: string;
    conversation: string;
    mailConversation: string;
    message: string;
    /** One that its author took back. */
    unsentMessage: string;
    htmlMessage: string;
    attachment: string;
    suppression: string;
    /** A mail in quarantine. */
    setAside: string;
    grant: string;
    apiKey: string;
    role: string;
    /** Its agent is in it, and it works on the page. */
    team: string;
  };
  inviteUrl: string;
}

/** Fill `tenant` through its own doors: a conversation on each channel, with a file, a reaction, a note, an answer not yet sent, colleagues. */
export async function furnish(world: World, tenant: Tenant): Promise<Furnished> {
  const { owner, page } = tenant;
  const domain = page.name.toLowerCase().replace(' ', '-');
  const admin = await colleague(world, owner, { email: `admin@${domain}.example`, name: 'An Admin', role: 'admin' });
  const agent = await colleague(world, owner, { email: `agent@${domain}.example`, name: 'An Agent', role: 'agent' });
  const invited = await invite(owner, { email: `invited@${domain}.example`, name: 'Somebody Invited', role: 'agent' });
  await changeRecording(world, tenant, { raw_deliveries: 'record' });
  const role = await owner.post<{ id: string }>('/api/roles', { name: 'Reads', permissions: ['conversation:read'] });
  const everybody = (await owner.get<Page<{ id: string; email: string }>>('/api/agents')).body.items;
  const members = everybody.filter(({ email }) => email === `agent@${domain}.example`).map(({ id }) => id);
  const team = await owner.post<{ id: string }>('/api/teams', { name: 'Desk', agentIds: members, connectionIds: [tenant.connectionId] });
  await hearOnMessenger(world, tenant);
  const mailbox = await hearByMail(world, tenant);
  const rows = (await owner.get<Page<ConversationRow>>('/api/conversations')).body.items;
  const conversation = rows.find((row) => row.channel === 'messenger')!;
  const mailConversation = rows.find((row) => row.channel === 'email')!;
  await owner.get('/api/connections/messenger/login');
  await owner.post(`/api/connections/${tenant.connectionId}/move-code`, undefined);
  await answerWithAFile(world, tenant, conversation.id);
  await answerByMail(world, tenant, mailbox);
  await signInMailbox(world, tenant, mailbox);
  await fetchAndRest(world, tenant, mailbox);
  const passkey = await factorsOf(world, tenant, invited.agent.id);
  await owner.post(`/api/connections/${tenant.connectionId}/sweeps`, { kind: 'gap', days: 1 });
  await owner.post(`/api/conversations/${conversation.id}/notes`, { text: 'a note among colleagues' });
  await owner.post(`/api/conversations/${conversation.id}/replies`, { text: 'an answer that waits' });
  const apiKey = await openSomeWays(owner);
  const thread = await messagesOf(owner, conversation.id);
  const mails = await messagesOf(owner, mailConversation.id);
  const agents = await owner.get<Page<{ id: string; email: string }>>('/api/agents');
  const suppressions = await owner.get<Page<{ id: string }>>('/api/suppressions');
  const setAside = await owner.get<Page<{ id: string }>>('/api/quarantine');
  const sessions = await owner.get<Page<{ id: string }>>('/api/security/sessions');
  const grant = await owner.post<{ id: string }>('/api/operator-grants', { reason: 'a question about invoices', hours: 1 });
  await owner.delete(`/api/operator-grants/${grant.body.id}`);
  return {
    ...tenant,
    admin,
    agent,
    inviteUrl: invited.inviteUrl,
    ids: {
      agent: agents.body.items.find(({ email }) => email.startsWith('agent@'))!.id,
      invited: invited.agent.id,
      passkey,
      session: sessions.body.items[0]!.id,
      connection: tenant.connectionId,
      contact: (await owner.get<Conversation>(`/api/conversations/${conversation.id}`)).body.contact.id,
      conversation: conversation.id,
      mailConversation: mailConversation.id,
      message: thread[0]!.id,
      unsentMessage: thread.find(({ unsentAt }) => unsentAt !== null)!.id,
      htmlMessage: mails.find((mail) => mail.htmlUrl !== null)!.id,
      attachment: thread.flatMap((message) => message.attachments)[0]!.id,
      suppression: suppressions.body.items[0]!.id,
      setAside: setAside.body.items[0]!.id,
      grant: grant.body.id,
      apiKey,
      role: role.body.id,
      team: team.body.id,
    },
  };
}

type Invitee = { email: string; name: string; role: RoleKind; roleId?: string | null };

export async function invite(by: ApiClient, invitee: Invitee): Promise<Invited> {
  const { status, body } = await by.post<Invited>('/api/agents', invitee);
  if (status !== 201) throw new Error(`inviting answered ${String(status)}`);
  return body;
}

/** Invite somebody and let them in; gives back their browser. */
export async function colleague(world: World, by: ApiClient, invitee: Invitee): Promise<ApiClient> {
  const { inviteUrl } = await invite(by, invitee);
  const client = world.client();
  const accepted = await client.post('/api/invitations/accept', { token: tokenOf(inviteUrl), name: invitee.name, password: PASSWORD });
  if (accepted.status !== 200) throw new Error(`accepting answered ${String(accepted.status)}`);
  client.password = PASSWORD;
  return client;
}

export function tokenOf(inviteUrl: string): string {
  return inviteUrl.split('#')[1]!;
}

/** A list of networks that this machine is on, and a key. */
async function openSomeWays(owner: ApiClient): Promise<string> {
  await owner.put('/api/security/addresses', { items: [{ range: '127.0.0.0/8', note: 'This machine' }] });
  const made = await owner.post<MadeApiKey>('/api/api-keys', { name: 'A key', permissions: ['conversation:read'] });
  if (made.status !== 201) throw new Error(`making a key answered ${String(made.status)}`);
  return made.body.key.id;
}

async function hearOnMessenger(world: World, { page }: Tenant): Promise<void> {
  const { psid } = page.customers[0]!;
  const attachments = [{ kind: 'image', name: 'picture.png', mediaType: 'image/png', content: PICTURE }] as const;
  const { mid } = await world.simulator.customerSays(psid, { text: `A question for ${page.name}`, attachments });
  await world.drain();
  await world.simulator.customerReacts(psid, mid, '😀');
  await world.simulator.customerEdits(psid, mid, `An edited question for ${page.name}`);
  await world.simulator.customerComesBy(psid, { source: 'SHORTLINK', ref: 'summer' });
  const regretted = await world.simulator.customerSays(psid, { text: `Too much said to ${page.name}` });
  await world.simulator.customerUnsends(psid, regretted.mid);
  await world.simulator.unknownEvent(psid);
  // About a message that never comes.
  await world.simulator.rawDelivery({
    object: 'page',
    entry: [
      {
        id: page.id,
        time: world.clock.now().getTime(),
        messaging: [
          {
            sender: { id: psid },
            recipient: { id: page.id },
            timestamp: world.clock.now().getTime(),
            message_edit: { mid: 'm_that_never_came', text: 'edited before it was said', num_edit: 1 },
          },
        ],
      },
    ],
  });
  await world.drain();
}

/** An answer in the agent's own name with a file, and a file that no answer uses. */
async function answerWithAFile(world: World, { owner, connectionId }: Tenant, conversationId: string): Promise<void> {
  await owner.patch(`/api/connections/${connectionId}`, { personas: true });
  const upload = async () => (await owner.bytes<Upload>('/api/uploads?name=picture.png', PICTURE, 'image/png')).body.id;
  const reply = await owner.post(`/api/conversations/${conversationId}/replies`, { text: 'a picture', attachmentIds: [await upload()] });
  if (reply.status !== 202) throw new Error(`answering with a file answered ${String(reply.status)}`);
  await world.drain();
  await upload();
}

async function hearByMail(world: World, tenant: Tenant): Promise<ConnectedMailbox> {
  const { page } = tenant;
  const address = page.mailAddress!;
  const connected = await world.connectMailbox(tenant, address);
  await world.simulator.sendMail({
    from: page.customers[0]!.mailAddress,
    to: address,
    subject: `A mail for ${page.name}`,
    text: 'Good morning',
    html: '<p>Good <b>morning</b></p>',
  });
  await world.drain();
  return connected;
}

/** A mail that came back, an agent who hears of conversations by mail, and one whose answer by mail is on its way back to him. */
async function answerByMail(world: World, { id, owner, page }: Tenant, { connection }: ConnectedMailbox): Promise<void> {
  const person = page.customers[1]!.mailAddress;
  await owner.patch(`/api/connections/${connection.id}/mailbox`, { agentMail: true, plusAddressing: 'on' });
  await world.simulator.sendMail({ from: person, to: page.mailAddress!, subject: `Another mail for ${page.name}`, text: 'Good evening' });
  await world.drain();
  const rows = (await owner.get<Page<ConversationRow>>('/api/conversations?channel=email')).body.items;
  const conversation = rows.find(({ subject }) => subject.startsWith('Another mail'))!;
  const agents = (await owner.get<Page<{ id: string; email: string }>>('/api/agents')).body.items;
  const agentId = agents.find(({ email }) => email.startsWith('agent@'))!.id;
  await owner.patch(`/api/conversations/${conversation.id}`, { assigneeId: agentId });
  world.simulator.setMailHabits(person, { bounces: 'hard' });
  await owner.post(`/api/conversations/${conversation.id}/replies`, { text: 'an answer that comes back' });
  await world.drain();
  world.simulator.setMailHabits(person, { bounces: null });
  const forged = deliveryReport({ to: page.mailAddress!, recipients: [{ address: person }], about: null });
  await world.simulator.rawMail(page.mailAddress!, forged);
  await world.drain();
  await world.rows('insert into agent_mail_alarm (tenant_id, connection_id, told_at) values ($1, $2, $3)', [id, connection.id, new Date()]);
  await world.rows(
    `insert into agent_mail_return (tenant_id, id, agent_id, connection_id, code, sealed_text, created_at)
     values ($1, gen_random_uuid(), $2, $3, 'not_allowed', 'sealed', $4)`,
    [id, agentId, connection.id, new Date()],
  );
}

/** A login with a mail provider under way, what a former one gave, and a test mail that is not back. */
async function signInMailbox(world: World, { id, ownerEmail }: Tenant, { connection }: ConnectedMailbox): Promise<void> {
  const now = new Date();
  await world.rows(
    `insert into mail_login (tenant_id, id, agent_id, session_id, provider, state_digest, expires_at, created_at)
     select tenant_id, gen_random_uuid(), agent_id, id, 'google', sha256(id::text::bytea), $2, $2 from session
     where tenant_id = $1 and agent_id = (select id from agent where email = $3) limit 1`,
    [id, now, ownerEmail],
  );
  await world.rows(
    `insert into mail_grant (tenant_id, connection_id, provider, address, sealed_tokens, access_expires_at)
     values ($1, $2, 'google', 'somebody@people.example', 'sealed', $3)`,
    [id, connection.id, now],
  );
  await world.rows("insert into mail_test (tenant_id, connection_id, nonce, sent_at) values ($1, $2, '0123456789ab', $3)", [
    id,
    connection.id,
    now,
  ]);
}

/** How far its folders were read, a mail server that wants to be left alone, and what ties mails and conversations together. */
async function fetchAndRest(world: World, { id }: Tenant, { connection }: ConnectedMailbox): Promise<void> {
  const now = new Date();
  await world.rows(
    `insert into mail_folder (tenant_id, connection_id, path, uid_validity, last_uid, started_at) values ($1, $2, 'INBOX', 1, 1, $3)
     on conflict do nothing`,
    [id, connection.id, now],
  );
  await world.rows(
    `insert into mail_rest (tenant_id, connection_id, domain, until, failures) values ($1, $2, 'slow.example', $3, 1) on conflict do nothing`,
    [id, connection.id, now],
  );
  await world.rows(
    `insert into message_mailbox (tenant_id, message_id, connection_id, received_at)
     select tenant_id, id, connection_id, $3 from message where tenant_id = $1 and connection_id = $2 and direction = 'in' limit 1
     on conflict do nothing`,
    [id, connection.id, now],
  );
  await world.rows(
    `insert into webhook_token (tenant_id, connection_id, token_digest, body_digest, seen_at)
     values ($1, $2, sha256('a token'), sha256('a body'), $3) on conflict do nothing`,
    [id, connection.id, now],
  );
  await world.rows(
    `insert into conversation_link (tenant_id, conversation_id, related_id, how)
     select $1, min(id::text)::uuid, max(id::text)::uuid, 'possibly' from conversation where tenant_id = $1 and channel = 'email' on conflict do nothing`,
    [id],
  );
  await world.rows(
    `insert into conversation_merge (tenant_id, conversation_id, into_id, merged_at, line_id, message_ids, referral_ids, reference_digests, was,
       into_was, into_became)
     select $1, min(id::text)::uuid, max(id::text)::uuid, $2, gen_random_uuid(), '{}', '{}', '{}', '{}', '{}', '{}'
     from conversation where tenant_id = $1 and channel = 'email' on conflict do nothing`,
    [id, now],
  );
}

/** Somebody's second factors and links, and what the tenant asks for. Gives back the id of the passkey. */
async function factorsOf(world: World, { id }: Tenant, agentId: string): Promise<string> {
  const now = new Date();
  const of = [id, agentId, now];
  await world.rows('insert into totp (tenant_id, agent_id, secret_sealed, created_at) values ($1, $2, $4, $3)', [...of, 'sealed']);
  await world.rows("insert into password_reset (tenant_id, agent_id, token_digest, expires_at) values ($1, $2, sha256('a link'), $3)", of);
  await world.rows("insert into recovery_code (tenant_id, agent_id, digest) values ($1, $2, sha256('a code'))", [id, agentId]);
  await world.rows(
    `insert into address_change (tenant_id, agent_id, id, email, expires_at) values ($1, $2, gen_random_uuid(), 'next@people.example', $3)`,
    of,
  );
  await world.rows('insert into tenant_security (tenant_id) values ($1) on conflict do nothing', [id]);
  const [passkey] = await world.rows<{ id: string }>(
    `insert into passkey (tenant_id, id, agent_id, name, credential_id, public_key, counter, transports, synced, created_at)
     values ($1, gen_random_uuid(), $2, 'A key', sha256('a passkey'), 'key', 0, '{}', false, $3) returning id`,
    of,
  );
  return passkey!.id;
}

async function messagesOf(client: ApiClient, conversationId: string): Promise<Message[]> {
  return (await client.get<Page<Message>>(`/api/conversations/${conversationId}/messages`)).body.items;
}
