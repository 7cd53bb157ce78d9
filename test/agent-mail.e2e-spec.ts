import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { CONSOLE, TenantService } from '#accounts';
import type { Conversation, Page, QuarantinedDelivery } from '#contract';
import { connectMailbox, type Mailbox } from './mailbox.js';
import { colleague } from './furnished.js';
import { rawMail, type RawMail } from './raw-mail.js';
import { changeRecording } from './recording-rules.js';
import { type Tenant, World } from './world.js';
import type { ApiClient } from './api-client.js';

/** What an agent's mail program shows. */
interface Notice {
  id: string;
  subject: string;
  text: string;
  replyTo: string;
  raw: string;
}

interface Colleague {
  client: ApiClient;
  email: string;
  id: string;
}

/** The operator's own mail server: what it was given. */
async function openRelay(): Promise<{ url: string; mails: string[]; close: () => Promise<void> }> {
  const mails: string[] = [];
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData: (stream, _session, done) => {
      void buffer(stream).then((raw) => {
        mails.push(raw.toString('latin1'));
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `smtp://127.0.0.1:${String((server.server.address() as AddressInfo).port)}`;
  return { url, mails, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

/** Agents who sit at their own mail answer from there; and nobody else can answer in their name. */
describe('agents who answer by mail', () => {
  let world: World;
  let spaak: Tenant;
  let linden: Tenant;
  let help: Mailbox;
  let anja: Colleague;
  let bram: Colleague;
  let operator: Awaited<ReturnType<typeof openRelay>>;
  let people = 0;

  const join = async (tenant: Tenant, name: string, domain: string): Promise<Colleague> => {
    const email = `${name.toLowerCase()}@${domain}`;
    const client = await colleague(world, tenant.owner, { email, name, role: 'agent' });
    const [row] = await world.rows<{ id: string }>('select id from agent where email = $1', [email]);
    return { client, email, id: row!.id };
  };

  beforeAll(async () => {
    operator = await openRelay();
    world = await World.open({ SMTP_URL: operator.url });
    spaak = await world.tenant(0);
    linden = await world.tenant(1);
    help = await connectMailbox(world, spaak, { address: 'help@spaak.example' });
    anja = await join(spaak, 'Anja', 'spaak-team.example');
    bram = await join(spaak, 'Bram', 'spaak-team.example');
  });
  afterAll(async () => {
    await world.close();
    await operator.close();
  });
  beforeEach(async () => {
    await settings({ agentMail: true, plusAddressing: 'on' });
  });

  const settings = async (change: object) => {
    expect((await spaak.owner.patch(`/api/connections/${help.connectionId}/mailbox`, change)).status).toBe(200);
  };
  const somebody = () => `person${String(people++)}@mail.example`;
  const comes = async (mail: RawMail, mailbox = help) => {
    expect(await mailbox.post(rawMail({ to: mailbox.address, ...mail }))).toBe(200);
    await world.drain();
  };
  const assign = async (person: string, agentId: string, by: ApiClient = spaak.owner) => {
    const [id] = await help.conversationIds(person);
    expect((await by.patch(`/api/conversations/${id!}`, { assigneeId: agentId })).status).toBe(200);
    await world.drain();
    return id!;
  };
  const noticesOf = ({ email }: Colleague): Notice[] =>
    world.simulator.mailTo(email).map((mail) => {
      const raw = mail.raw.toString('latin1');
      const [, header = ''] = /^Reply-To: (.*(?:\r\n[ \t].*)*)/im.exec(raw) ?? [];
      const replyTo = /([^\s<>"]+@[^\s<>"]+)>?\s*$/.exec(header)?.[1] ?? '';
      return { id: mail.id, subject: mail.subject, text: mail.text, replyTo, raw };
    });
  const lastNotice = (agent: Colleague) => noticesOf(agent).at(-1)!;
  /** Somebody writes, and Anja gets the conversation and the notice of it. */
  const notified = async (text = 'Is my bike ready?') => {
    const person = somebody();
    await comes({ from: `Sanne de Wit <${person}>`, subject: 'My bike', text });
    const conversation = await assign(person, anja.id);
    return { person, conversation, notice: lastNotice(anja) };
  };
  /** As the agent's own mail program sends it: signed by the domain, unless somebody else wrote it in the agent's name. */
  const agentSends = async (mail: { from?: string; to: string; text?: string; isForged?: boolean; quotes?: boolean }) => {
    const { from = anja.email, text = 'It is ready.', ...rest } = mail;
    await world.simulator.sendMail({ from, subject: 'Re: [#1] My bike', text, ...rest });
    await world.drain();
  };
  /** Another conversation of somebody's, and its id. */
  const anotherOf = async (person: string) => {
    await comes({ from: person, subject: 'Something else' });
    return (await help.conversationIds(person)).at(-1)!;
  };
  const said = async (person: string) => (await help.thread(person)).filter(({ direction }) => direction === 'out');
  const later = async (by: Parameters<World['advance']>[0]) => {
    world.advance(by);
    spaak.owner = await world.signIn(spaak.ownerEmail);
  };
  const quarantined = async () => {
    const { body } = await spaak.owner.get<Page<QuarantinedDelivery>>('/api/quarantine?limit=100');
    return body.items.filter(({ code }) => code === 'agent_mail_unproven').length;
  };

  it('get no mail as long as their mailbox does not want it', async () => {
    await settings({ agentMail: false });
    const before = noticesOf(anja).length;
    const person = somebody();
    await comes({ from: person });
    await assign(person, anja.id);
    await comes({ from: person, text: 'One more thing.', headers: {} });
    expect(noticesOf(anja)).toHaveLength(before);
    expect(await world.rows("select 1 from graphile_worker.jobs where task_identifier = 'notify-agent'")).toEqual([]);
  });

  it('get what the person wrote in their conversation, from a machine that says so, and nobody else does', async () => {
    const { person, conversation, notice } = await notified();
    expect(notice.subject).toMatch(/^\[#\d+\] My bike$/);
    expect(notice.text).toContain('Sanne de Wit wrote:');
    expect(notice.text).toContain('Is my bike ready?');
    expect(notice.text).toContain(`/inbox/mine/${conversation}`);
    expect(notice.raw).toMatch(/^Auto-Submitted: auto-generated\r$/im);
    expect(notice.raw).toMatch(/^X-Auto-Response-Suppress: All\r$/im);
    expect(notice.replyTo).toMatch(/^help\+a[a-z2-7]{26}@spaak\.example$/);
    const [question] = await help.thread(person);
    const [row] = await world.rows<{ external_id: string }>('select external_id from message where id = $1', [question!.id]);
    const own = row!.external_id.split(' ')[0]!;
    await comes({ from: person, subject: 'Re: My bike', text: 'Hello?', headers: { 'In-Reply-To': `<${own}>` } });
    expect(lastNotice(anja).text).toContain('Hello?');
    expect(lastNotice(anja).replyTo).not.toBe(notice.replyTo);
    expect(noticesOf(bram)).toEqual([]);
    // Who takes a conversation knows what is in it; what a machine says is nothing to be told of.
    const count = noticesOf(anja).length;
    await comes({ from: person, text: 'I am away.', headers: { 'In-Reply-To': `<${own}>`, 'Auto-Submitted': 'auto-replied' } });
    await assign(person, bram.id, bram.client);
    expect(noticesOf(anja)).toHaveLength(count);
    expect(noticesOf(bram)).toEqual([]);
  });

  it('whose business is suspended when they answer: it is not sent, and comes back to them afterwards', async () => {
    const { person, notice } = await notified();
    await world.get(TenantService).suspend(CONSOLE, spaak.id, 'bills unpaid');
    const before = noticesOf(anja).length;
    await agentSends({ to: notice.replyTo, text: 'It is ready since Monday.' });
    expect(noticesOf(anja)).toHaveLength(before);
    await world.get(TenantService).resume(CONSOLE, spaak.id);
    await world.drain();
    const back = lastNotice(anja);
    expect(back.text).toContain('It is ready since Monday.');
    expect(back.text).toContain('Access for your business was suspended');
    spaak.owner = await world.signIn(spaak.ownerEmail);
    expect(await said(person)).toEqual([]);
    anja.client = await world.signIn(anja.email);
    bram.client = await world.signIn(bram.email);
  });

  it('answer it by mail: the person gets the answer, in the agent’s name, without what is quoted or stands below', async () => {
    const { person, notice } = await notified();
    await world.simulator.sendMail({ from: anja.email, answersMailId: notice.id, text: 'It is ready.\n\n-- \nAnja, sent from a tram' });
    await world.drain();
    const [reply] = await said(person);
    expect(reply).toMatchObject({ author: { kind: 'agent', id: anja.id }, delivery: { state: 'sent' } });
    expect(reply!.text).toMatch(/^It is ready\.(\n\n-- [\s\S]*)?$/);
    const received = world.simulator.mailTo(person).at(-1)!;
    expect(received.text).toContain('It is ready.');
    expect(received.text).not.toContain('tram');
    expect(received.text).not.toContain('Answer this mail');
    expect(received.raw.toString('latin1')).not.toContain(anja.email);
    expect(received.raw.toString('latin1')).not.toContain('+a');
    expect(await help.conversationIds(anja.email)).toEqual([]);
  });

  it('send their files along, and not the pictures of their signature', async () => {
    const { person, notice } = await notified();
    const [bill, logo] = ['a bill', 'a logo'].map((text) => Buffer.from(text));
    await world.simulator.sendMail({
      from: anja.email,
      answersMailId: notice.id,
      text: 'Here is the bill.',
      html: '<p>Here is the bill.</p>',
      files: [{ name: 'bill.pdf', mediaType: 'application/pdf', content: bill! }],
      inlinePictures: [{ name: 'logo.png', mediaType: 'image/png', content: logo! }],
    });
    await world.drain();
    const [reply] = await said(person);
    expect(reply!.attachments.map(({ name, state }) => ({ name, state }))).toEqual([{ name: 'bill.pdf', state: 'stored' }]);
    const received = world.simulator.mailTo(person).at(-1)!.raw.toString('latin1');
    expect(received).toContain(bill!.toString('base64'));
    expect(received).not.toContain(logo!.toString('base64'));
  });

  it('answer once, however often their mail comes', async () => {
    const { person, notice } = await notified();
    const raw = await world.simulator.sendMail({ from: anja.email, answersMailId: notice.id, text: 'Once.' });
    await world.drain();
    for (const relay of ['one', 'two']) {
      expect(await help.post(Buffer.concat([Buffer.from(`X-Relay: ${relay}\r\n`), raw.raw]))).toBe(200);
      await world.drain();
    }
    expect(await said(person)).toHaveLength(1);
  });

  it('are heard in any case of letters that mail servers make of their address', async () => {
    const { person, notice } = await notified();
    await agentSends({ to: notice.replyTo.toUpperCase() });
    expect(await said(person)).toHaveLength(1);
  });

  it('are not believed on anything less than their own address, its own token and the signature of its own domain', async () => {
    const { person, notice } = await notified();
    const [, token] = /\+a([a-z2-7]{26})@/.exec(notice.replyTo)!;
    const at = (text: string) => `help+a${text}@spaak.example`;
    const before = await quarantined();
    const mails = world.simulator.mailTo(person).length;
    // With a token of the right form: it lies in quarantine.
    await agentSends({ to: notice.replyTo, isForged: true });
    await agentSends({ to: notice.replyTo, from: bram.email });
    await agentSends({ to: notice.replyTo, from: 'anja@elsewhere.example' });
    await agentSends({ to: at('a'.repeat(26)) });
    await help.post(rawMail({ from: anja.email, to: notice.replyTo, text: 'Unsigned.' }));
    await world.drain();
    expect(await quarantined()).toBe(before + 5);
    // Of another form it is no token: a mail like any other, and none that is an answer.
    for (const text of [token!.slice(0, 25), `${token!}a`, `.${token!}`, `${token!}.`, '', `${token!.slice(0, 25)}%61`]) {
      await agentSends({ to: at(text), text: `With ${text}` });
    }
    expect(await quarantined()).toBe(before + 5);
    expect(await said(person)).toEqual([]);
    expect(world.simulator.mailTo(person)).toHaveLength(mails);
  });

  it('have their admins told of it, once a day, when somebody else tries', async () => {
    const { notice } = await notified();
    await later({ days: 1, minutes: 1 });
    const told = () => operator.mails.filter((mail) => mail.includes('Subject: Somebody wrote as one of your agents'));
    const before = told().length;
    for (let attempt = 0; attempt < 3; attempt++)
      await agentSends({ to: notice.replyTo, isForged: true, text: `Attempt ${String(attempt)}` });
    expect(told()).toHaveLength(before + 1);
    expect(told().at(-1)!).not.toContain('Attempt');
    await later({ days: 1, minutes: 1 });
    await agentSends({ to: notice.replyTo, isForged: true, text: 'The next day.' });
    expect(told()).toHaveLength(before + 2);
  });

  it('are believed for thirty days, as long as they are here, and at their own tenant only', async () => {
    const { person, notice } = await notified();
    const before = await quarantined();
    await settings({ agentMail: true });
    const tea = await connectMailbox(world, linden, { address: 'hello@linden.example' });
    const theirs = notice.replyTo.replace('help+', 'hello+').replace('spaak.example', 'linden.example');
    await agentSends({ to: theirs });
    expect((await tea.conversationIds(anja.email)).length + (await quarantined())).toBe(before);
    expect(await said(person)).toEqual([]);
    const carla = await join(spaak, 'Carla', 'spaak-team.example');
    await assign(person, carla.id);
    const hers = lastNotice(carla);
    expect((await spaak.owner.patch(`/api/agents/${carla.id}`, { state: 'deactivated' })).status).toBe(200);
    await agentSends({ from: carla.email, to: hers.replyTo });
    await later({ days: 30, minutes: 1 });
    await agentSends({ to: notice.replyTo });
    expect(await quarantined()).toBe(before + 2);
    expect(await said(person)).toEqual([]);
  });

  it('have no absence notice of theirs sent to the person', async () => {
    const { person, notice } = await notified();
    const before = await help.conversationIds(anja.email);
    await world.simulator.sendMail({
      from: anja.email,
      answersMailId: notice.id,
      text: 'I am on holiday.',
      headers: { 'Auto-Submitted': 'auto-replied' },
    });
    await world.drain();
    expect(await said(person)).toEqual([]);
    expect(await help.conversationIds(anja.email)).toEqual(before);
  });

  it('get back what could not be sent, with the reason, and nothing of it is lost', async () => {
    const { person, notice } = await notified();
    await settings({ agentMail: false });
    await agentSends({ to: notice.replyTo, text: 'A long and careful answer.' });
    const back = lastNotice(anja);
    expect(back.subject).toBe('Your answer was not sent');
    expect(back.text).toContain('Answering by mail has been switched off');
    expect(back.text).toContain('A long and careful answer.');
    expect(back.replyTo).toBe('');
    expect(await said(person)).toEqual([]);
    expect(await world.rows('select 1 from agent_mail_return')).toEqual([]);
    await settings({ agentMail: true });
    await world.rows(
      `insert into suppression (tenant_id, id, address, stream, reason, address_digest, since)
       values ($1, gen_random_uuid(), $2, 'replies', 'hard_bounce', decode(repeat('00', 32), 'hex'), now())`,
      [spaak.id, person],
    );
    await agentSends({ to: notice.replyTo, text: 'Once more.' });
    expect(lastNotice(anja).text).toContain('Mail to this customer came back');
    expect(lastNotice(anja).text).toContain('Once more.');
    expect(await said(person)).toEqual([]);
  });

  it('answer whom they were told of, also where the conversation was merged since, or get their words back', async () => {
    const first = await notified();
    const second = await notified();
    const again = await anotherOf(first.person);
    await spaak.owner.post(`/api/conversations/${first.conversation}/merge`, { intoId: again });
    await agentSends({ to: first.notice.replyTo, text: 'The same person still.' });
    expect((await help.thread(first.person, 1)).filter(({ direction }) => direction === 'out')).toMatchObject([
      { text: 'The same person still.' },
    ]);
    await spaak.owner.post(`/api/conversations/${second.conversation}/merge`, { intoId: again });
    await agentSends({ to: second.notice.replyTo, text: 'For the second alone.' });
    expect(lastNotice(anja).text).toContain('merged into one with somebody else');
    expect(lastNotice(anja).text).toContain('For the second alone.');
    for (const person of [first.person, second.person])
      expect(world.simulator.mailTo(person).filter(({ text }) => text.includes('For the second alone.'))).toEqual([]);
  });

  it('are told who gets their answer, where it is not who wrote', async () => {
    const whole = await notified();
    const part = await notified();
    const { number } = (await spaak.owner.get<Conversation>(`/api/conversations/${part.conversation}`)).body;
    await world.rows("update contact set name = 'The First' from conversation where contact.id = contact_id and conversation.id = $1", [
      whole.conversation,
    ]);
    await spaak.owner.post(`/api/conversations/${part.conversation}/merge`, { intoId: whole.conversation });
    await comes({ from: part.person, subject: `Re: [#${String(number)}] My bike`, text: 'Mine is urgent.' });
    await assign(whole.person, bram.id);
    expect(lastNotice(bram).text).toContain('Mine is urgent.');
    expect(lastNotice(bram).text).toContain('Answer this mail and The First gets your answer');
  });

  it('leave nothing of what they wrote in a queue, sealed or not, once it is back', async () => {
    const { notice } = await notified();
    await settings({ agentMail: false });
    await world.simulator.sendMail({ from: anja.email, to: notice.replyTo, subject: 'Re', text: 'A canary in a queue.' });
    await world.drain();
    const jobs = await world.rows('select payload from graphile_worker._private_jobs');
    expect(JSON.stringify(jobs)).not.toContain('canary');
    expect(world.log.lines.join('\n')).not.toContain('canary');
  });

  it('are told that a mailbox cannot take their answers, instead of a way that leads nowhere', async () => {
    await settings({ plusAddressing: 'off' });
    const { notice } = await notified();
    expect(notice.replyTo).toBe('');
    expect(notice.text).toContain('cannot be answered');
  });

  it('get no more of a message than the tenant keeps', async () => {
    await changeRecording(world, spaak, { message_text: 'never' });
    const { notice } = await notified('The secret of the bike.');
    expect(notice.raw).not.toContain('secret of the bike');
    expect(notice.text).toContain('not kept here');
    await changeRecording(world, spaak, { message_text: 'record' });
  });
});
