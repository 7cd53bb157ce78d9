import type { GuessedMailbox } from '#contract';
import { type Tenant, World } from './world.js';

/** Whoever types an address is offered the servers it probably has, so that nobody has to look them up. */
describe('guessing the servers of an address', () => {
  let world: World;
  let spaak: Tenant;

  beforeAll(async () => {
    world = await World.open({ GOOGLE_CLIENT_ID: 'client', GOOGLE_CLIENT_SECRET: 'secret' });
    spaak = await world.tenant(0);
    const { dns } = world.simulator;
    dns.set('on-google.example', 'MX', [{ exchange: 'aspmx.l.google.com', priority: 1 }]);
    dns.set('on-microsoft.example', 'MX', [{ exchange: 'on-microsoft-example.mail.protection.outlook.com', priority: 0 }]);
    dns.set('_imaps._tcp.on-google.example', 'SRV', [{ name: 'old.host.example', port: 993 }]);
    dns.set('on-transip.example', 'MX', [
      { exchange: 'backup.somewhere.example', priority: 20 },
      { exchange: 'mx.transip.email', priority: 10 },
    ]);
    dns.set('_imaps._tcp.says-itself.example', 'SRV', [
      { name: 'second.says-itself.example', port: 993, priority: 20 },
      { name: 'imap.says-itself.example', port: 9993, priority: 10 },
    ]);
    dns.set('_imap._tcp.says-itself.example', 'SRV', [{ name: 'plain.says-itself.example', port: 143 }]);
    dns.set('_submission._tcp.says-itself.example', 'SRV', [{ name: 'smtp.says-itself.example', port: 587 }]);
    dns.set('says-itself.example', 'MX', [{ exchange: 'mx.transip.email', priority: 10 }]);
    dns.set('_imaps._tcp.says-none.example', 'SRV', [{ name: 'none', port: 0 }]);
  });
  afterAll(() => world.close());

  const guess = async (address: string) => (await spaak.owner.post<GuessedMailbox>('/api/connections/email/guess', { address })).body;

  it('knows the large providers by their own domains, and whom they want signed in', async () => {
    const google = await guess('anna@gmail.com');
    expect(google).toEqual({
      source: 'provider',
      provider: 'Google',
      imap: { host: 'imap.gmail.com', port: 993, security: 'tls' },
      smtp: { host: 'smtp.gmail.com', port: 465, security: 'tls' },
      user: 'anna@gmail.com',
      login: 'google',
    });
    // Not set up on this installation: then it cannot be offered.
    expect(await guess('anna@hotmail.com')).toMatchObject({ provider: 'Microsoft', login: null });
    expect(await guess('Anna@GMX.de')).toMatchObject({ source: 'provider', provider: 'GMX' });
  });

  it('knows them by who takes in a domain’s mail, whatever an old record says', async () => {
    expect(await guess('help@on-google.example')).toMatchObject({ source: 'mx', provider: 'Google', login: 'google' });
    expect(await guess('help@on-microsoft.example')).toMatchObject({ source: 'mx', imap: { host: 'outlook.office365.com' } });
    expect(await guess('help@on-transip.example')).toMatchObject({ source: 'mx', smtp: { host: 'smtp.transip.email' } });
  });

  it('believes what a domain says itself before whom its mail only passes', async () => {
    expect(await guess('help@says-itself.example')).toEqual({
      source: 'srv',
      provider: null,
      imap: { host: 'imap.says-itself.example', port: 9993, security: 'tls' },
      smtp: { host: 'smtp.says-itself.example', port: 587, security: 'starttls' },
      user: 'help@says-itself.example',
      login: null,
    });
  });

  it('says nothing where nobody says anything, or says that there is none', async () => {
    for (const address of ['help@says-none.example', 'help@nowhere.example']) {
      expect(await guess(address)).toMatchObject({ source: null, imap: null, smtp: null, user: address });
    }
  });

  it('is over in time when the name servers do not answer', async () => {
    world.simulator.setFaults({ dns: [{ kind: 'silence' }] });
    const began = performance.now();
    expect(await guess('help@silent.example')).toMatchObject({ source: null });
    expect(performance.now() - began).toBeLessThan(15_000);
    world.simulator.setFaults({ dns: [] });
  }, 30_000);
});
