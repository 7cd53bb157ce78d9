import type { Agent, AddressConfirmed, Invited, Page, PasswordReset, Session } from '#contract';
import { SetupService } from '#accounts';
import type { ApiClient } from './api-client.js';
import { codeOf, enrolTotp } from './authenticator.js';
import { colleague } from './furnished.js';
import { TestSmtp } from './test-smtp.js';
import { PASSWORD, World } from './world.js';

interface Refused {
  error: { code: string };
}
const codeIn = ({ body }: { body: unknown }) => (body as Refused | undefined)?.error?.code;
const NEXT = 'seven geese on a tandem';

let shops = 0;

describe('an agent’s own account', () => {
  let world: World;
  let smtp: TestSmtp;
  let owner: ApiClient;
  let mia: ApiClient;
  let at: (name: string) => string;

  beforeAll(async () => {
    smtp = await TestSmtp.start({});
    world = await World.open({ SMTP_URL: smtp.url(), PUBLIC_URL: 'http://127.0.0.1:3000' });
  });
  afterAll(async () => {
    await world.close();
    await smtp.stop();
  });
  beforeEach(async () => {
    world.advance({ minutes: 16 });
    const domain = `account${String(++shops)}.example`;
    at = (name) => `${name}@${domain}`;
    const setup = { tenantName: 'Spaak Bikes', name: 'Olga', email: at('olga'), password: PASSWORD };
    await world.get(SetupService).tenant(setup, { isEasy: true });
    owner = await world.signIn(at('olga'));
    mia = await colleague(world, owner, { email: at('mia'), name: 'Mia', role: 'agent' });
    await world.drain();
  });

  const signIn = (email: string, password: string, code?: string) =>
    world.client().post<Session>('/api/session', { email, password, code });
  const mailsTo = (address: string) => smtp.taken.filter(({ to }) => to.includes(address)).map(({ raw }) => raw.replace(/=\r\n/g, ''));
  const linkIn = (mail: string, page: string) => new RegExp(`/${page}#([\\w-]{64})`).exec(mail)?.[1];
  const subjectsTo = (address: string) => mailsTo(address).map((mail) => /^Subject: (.*)$/m.exec(mail)![1]!.trim());
  const askReset = (email: string) => world.client().post('/api/password-resets', { email });
  const resetLink = async (email: string) => {
    await askReset(email);
    await world.drain();
    return linkIn(mailsTo(email).at(-1)!, 'new-password')!;
  };
  const use = (token: string, password = NEXT) => world.client().post('/api/password-resets/use', { token, password });

  describe('has a password that', () => {
    it('is changed by who knows the present one; the other sessions end when that is wanted, and the person hears of it', async () => {
      const other = await world.signIn(at('mia'));
      const copied = mia.sessionCookie!;
      expect(codeIn(await mia.post('/api/profile/password', { present: 'a wrong password', next: NEXT }))).toBe('wrong_factor');
      expect((await mia.post('/api/profile/password', { present: PASSWORD, next: NEXT, endOthers: true })).status).toBe(204);
      expect([(await mia.get('/api/session')).status, (await other.get('/api/session')).status]).toEqual([200, 401]);
      expect((await world.client().get('/api/session', { cookie: copied })).status).toBe(401);
      expect([(await signIn(at('mia'), PASSWORD)).status, (await signIn(at('mia'), NEXT)).status]).toEqual([401, 200]);
      await world.drain();
      expect(subjectsTo(at('mia'))).toContain('Your password was changed');
      const kept = await mia.post('/api/profile/password', { present: NEXT, next: 'eight geese on a tandem' });
      expect(kept.status).toBe(204);
    });

    it('is looked at five times in a quarter of an hour, and then not even when it is right', async () => {
      for (let n = 0; n < 5; n++) await mia.post('/api/profile/password', { present: 'a wrong password', next: NEXT });
      expect(codeIn(await mia.post('/api/profile/password', { present: PASSWORD, next: NEXT }))).toBe('too_many_attempts');
      await world.drain();
      expect(subjectsTo(at('mia'))).toContain('Somebody is trying to get into your account');
    });

    it.each([
      ['is in every list', 'password1234', 'weak_password'],
      ['is one letter', 'aaaaaaaaaaaaaaaaaaaaaaa', 'weak_password'],
      ['is a row of keys', 'qwertyuiop1234', 'weak_password'],
      ['is the same word again and again', 'p4ssw0rd'.repeat(100), 'weak_password'],
      ['is of the tenant’s name', 'SpaakBikes2024!', 'password_of_known_words'],
      ['is of the product’s', 'omnidesk omnidesk', 'password_of_known_words'],
    ])('is not one that %s', async (_, next, code) => {
      expect(codeIn(await mia.post('/api/profile/password', { present: PASSWORD, next }))).toBe(code);
    });

    it('may be of any letters, and as long as anybody can want', async () => {
      for (const next of ['пять зелёных чашек', 'seven geese on a tandem '.repeat(42), 'kx7!mq2?vb9#']) {
        expect((await mia.post('/api/profile/password', { present: PASSWORD, next })).status).toBe(204);
        expect((await signIn(at('mia'), next)).status).toBe(200);
        expect((await signIn(at('mia'), next.slice(0, -1))).status).toBe(401);
        await mia.post('/api/profile/password', { present: next, next: PASSWORD });
      }
      const tooLong = 'ü'.repeat(600);
      expect((await mia.post('/api/profile/password', { present: PASSWORD, next: tooLong })).status).toBe(400);
    });
  });

  describe('is opened anew by a mailed link', () => {
    it('that works once, ends every session, and says what it is for', async () => {
      const token = await resetLink(at('mia'));
      const look = await world.client().post<PasswordReset>('/api/password-resets/look', { token });
      expect(look.body).toEqual({ tenantName: 'Spaak Bikes', email: at('mia') });
      expect(codeIn(await use(token, 'password1234'))).toBe('weak_password');
      const answers = await Promise.all([use(token), use(token), use(token)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([204, 404, 404]);
      expect((await mia.get('/api/session')).status).toBe(401);
      expect([(await signIn(at('mia'), PASSWORD)).status, (await signIn(at('mia'), NEXT)).status]).toEqual([401, 200]);
    });

    it('and keeps the second factor', async () => {
      const { key } = await enrolTotp(world, mia, PASSWORD);
      await use(await resetLink(at('mia')));
      expect(codeIn(await signIn(at('mia'), NEXT))).toBe('second_factor_required');
      expect((await signIn(at('mia'), NEXT, codeOf(key, world.clock.now()))).status).toBe(200);
    });

    it('that is answered the same for an address that nobody has, to which nothing goes', async () => {
      const sent = smtp.taken.length;
      const answers = [await askReset(at('mia')), await askReset(at('nobody')), await askReset("' or true --")];
      for (const { status, body, headers } of answers) {
        expect([status, body]).toEqual([202, '']);
        expect([...headers.keys()]).toEqual([...answers[0]!.headers.keys()]);
      }
      await world.drain();
      expect(smtp.taken.slice(sent).map(({ to }) => to)).toEqual([[at('mia')]]);
    });

    it('by as many statements for either: what tells them apart is done later, and elsewhere', async () => {
      const jobs = () => world.rows<{ n: number }>('select count(*)::int as n from graphile_worker._private_jobs').then(([row]) => row!.n);
      const before = await jobs();
      await askReset(at('mia'));
      expect(await jobs()).toBe(before + 1);
      await askReset(at('nobody'));
      expect(await jobs()).toBe(before + 2);
      expect(
        await world.rows('select 1 from password_reset where agent_id = (select id from agent where email = $1)', [at('mia')]),
      ).toEqual([]);
      await world.drain();
    });

    it('for an hour, and no longer than there is a newer one, or the password is changed', async () => {
      const old = await resetLink(at('mia'));
      const newer = await resetLink(at('mia'));
      expect(codeIn(await use(old))).toBe('link_gone');
      world.advance({ minutes: 61 });
      expect(codeIn(await use(newer))).toBe('link_gone');
      const last = await resetLink(at('mia'));
      await (await world.signIn(at('mia'))).post('/api/profile/password', { present: PASSWORD, next: NEXT });
      expect(codeIn(await use(last))).toBe('link_gone');
    });

    it('three times in a quarter of an hour; asking slows down no sign-in', async () => {
      const answers = [];
      for (let n = 0; n < 5; n++) answers.push((await askReset(at('mia'))).status);
      expect(answers).toEqual([202, 202, 202, 429, 429]);
      expect((await signIn(at('mia'), PASSWORD)).status).toBe(200);
      await world.drain();
    });

    it('is nothing else: no empty one, no blank, no other case, and none for who is deactivated meanwhile', async () => {
      const token = await resetLink(at('mia'));
      const swapped = token.replace(/[a-z]/i, (letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()));
      for (const wrong of [' ', '%20', `${token} `, swapped, '0'.repeat(64)]) expect(codeIn(await use(wrong))).toBe('link_gone');
      expect((await use('')).status).toBe(400);
      const { items } = (await owner.get<Page<Agent>>('/api/agents')).body;
      await owner.patch(`/api/agents/${items.find(({ email }) => email === at('mia'))!.id}`, { state: 'deactivated' });
      expect(codeIn(await use(token))).toBe('link_gone');
    });

    it('lies in no table and no log, only in the mail', async () => {
      const token = await resetLink(at('mia'));
      const secret = Buffer.from(token, 'base64url').subarray(16).toString('hex');
      const [row] = await world.rows<{ text: string }>("select string_agg(password_reset::text, ' ') as text from password_reset");
      expect(row!.text).not.toContain(secret);
      expect(world.log.lines.join('\n')).not.toContain(token);
      const [queued] = await world.rows<{ text: string | null }>(
        "select string_agg(payload::text, ' ') as text from graphile_worker._private_jobs",
      );
      expect(queued!.text ?? '').not.toContain(token);
    });
  });

  describe('is offered by an invitation', () => {
    it('that is mailed beside the link that is shown; either opens, and then neither', async () => {
      const invited = await owner.post<Invited>('/api/agents', { email: at('new'), name: 'New', role: 'agent' });
      expect(invited.body.isMailed).toBe(true);
      await world.drain();
      const mailed = linkIn(mailsTo(at('new'))[0]!, 'invite')!;
      const shown = invited.body.inviteUrl.split('#')[1]!;
      expect(mailed).not.toBe(shown);
      const accept = (token: string) => world.client().post('/api/invitations/accept', { token, name: 'New', password: PASSWORD });
      expect((await accept(mailed)).status).toBe(200);
      expect(codeIn(await accept(shown))).toBe('invitation_gone');
    });
  });

  describe('changes its address', () => {
    const confirm = (token: string) => world.client().post<AddressConfirmed>('/api/address-changes/confirm', { token });
    const ask = async (email: string) => {
      await mia.confirm(PASSWORD);
      const answer = await mia.post('/api/profile/address', { email });
      await world.drain();
      return answer;
    };

    it('once both addresses have said yes, whichever is first', async () => {
      expect((await ask(at('mia.next'))).status).toBe(202);
      const present = linkIn(mailsTo(at('mia')).at(-1)!, 'confirm-address')!;
      const next = linkIn(mailsTo(at('mia.next')).at(-1)!, 'confirm-address')!;
      expect((await confirm(next)).body).toEqual({ isChanged: false });
      expect((await signIn(at('mia.next'), PASSWORD)).status).toBe(401);
      expect(codeIn(await confirm(next))).toBe('link_gone');
      expect((await confirm(present)).body).toEqual({ isChanged: true });
      expect([(await signIn(at('mia'), PASSWORD)).status, (await signIn(at('mia.next'), PASSWORD)).status]).toEqual([401, 200]);
      await world.drain();
      expect(subjectsTo(at('mia.next'))).toContain('Your address was changed');
    });

    it('to none that a colleague has, in any case of its letters, and not after a day', async () => {
      expect(codeIn(await ask(at('OLGA')))).toBe('address_taken');
      await ask(at('mia.next'));
      const next = linkIn(mailsTo(at('mia.next')).at(-1)!, 'confirm-address')!;
      world.advance({ hours: 25 });
      expect(codeIn(await confirm(next))).toBe('link_gone');
    });
  });

  describe('is deleted', () => {
    const remove = async (client: ApiClient, email: string) => {
      await client.confirm(PASSWORD);
      return client.post('/api/profile/delete', { email });
    };

    it('with everything it had: no name and no address of it is in any store, and the address may be somebody’s again', async () => {
      await enrolTotp(world, mia, PASSWORD);
      world.advance({ minutes: 11 });
      expect(codeIn(await mia.post('/api/profile/delete', { email: at('mia') }))).toBe('full_proof_required');
      const plain = await colleague(world, owner, { email: at('piet'), name: 'Canary Piet', role: 'agent' });
      await plain.patch('/api/profile', { signature: 'Canary Piet, wheels' });
      expect(codeIn(await remove(plain, at('olga')))).toBe('not_your_address');
      expect((await remove(plain, at('piet'))).status).toBe(204);
      expect((await plain.get('/api/session')).status).toBe(401);
      expect((await signIn(at('piet'), PASSWORD)).status).toBe(401);
      const tables = await world.rows<{ name: string }>(
        "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
      );
      for (const { name } of tables) {
        const found = await world.rows(`select 1 from ${name} t where t::text ilike '%canary piet%' or t::text ilike $1 limit 1`, [
          `%${at('piet')}%`,
        ]);
        expect({ name, found: found.length }).toEqual({ name, found: 0 });
      }
      expect((await owner.get<Page<Agent>>('/api/agents')).body.items.map(({ email }) => email)).not.toContain(at('piet'));
      await colleague(world, owner, { email: at('piet'), name: 'Another', role: 'agent' });
    });

    it('unless it is the last owner’s', async () => {
      expect(codeIn(await remove(owner, at('olga')))).toBe('last_owner');
      expect((await owner.get('/api/session')).status).toBe(200);
    });
  });
});

describe('an installation without outgoing mail', () => {
  it('says so to whoever asks for a link, whatever the address, and counts nobody', async () => {
    const world = await World.open();
    try {
      for (const email of ['olga@spaak.example', 'nobody@spaak.example']) {
        const answer = await world.client().post('/api/password-resets', { email });
        expect([answer.status, codeIn(answer)]).toEqual([503, 'installation_cannot_mail']);
      }
    } finally {
      await world.close();
    }
  });
});
