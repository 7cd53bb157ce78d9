import { MailAuthenticator } from './mail-authenticator.js';

const NO_SUCH_NAME = Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
const options = { authservIds: [], trustedSealers: [], resolve: () => Promise.reject(NO_SUCH_NAME) };

function mail(from: string, body = 'Dag'): Buffer {
  return Buffer.from(`From: ${from}\r\nSubject: x\r\n\r\n${body}\r\n`);
}

describe('the mail authenticator', () => {
  const authenticator = new MailAuthenticator();
  afterAll(() => authenticator.close());

  it('asks the DNS of the caller, and knows a name that does not exist from an answer that did not come', async () => {
    const zone = (name: string, type: string): Promise<string[][]> =>
      `${type} ${name}` === 'TXT _dmarc.strict.example' ? Promise.resolve([['v=DMARC1; p=reject']]) : Promise.reject(NO_SUCH_NAME);
    const silent = (): Promise<never> => Promise.reject(Object.assign(new Error('silence'), { code: 'ETIMEOUT' }));
    expect(await authenticator.authenticate(mail('a@strict.example'), { ...options, resolve: zone })).toMatchObject({
      verdict: 'fail',
      policy: 'reject',
    });
    expect(await authenticator.authenticate(mail('a@nothing.example'), options)).toMatchObject({ verdict: 'none' });
    expect(await authenticator.authenticate(mail('a@strict.example'), { ...options, resolve: silent })).toMatchObject({
      verdict: 'temperror',
    });
  });

  it('works on many at once: one whose DNS is slow delays no other', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<string[][]>();
    const slow = authenticator.authenticate(mail('a@slow.example'), { ...options, resolve: () => held });
    const others = await Promise.all(
      Array.from({ length: 120 }, (_, index) => authenticator.authenticate(mail(`a@d${index}.example`), options)),
    );
    expect(others.map(({ fromDomain }) => fromDomain)).toEqual(Array.from({ length: 120 }, (_, index) => `d${index}.example`));
    release([]);
    expect((await slow).fromDomain).toBe('slow.example');
  });

  it('leaves the bytes it was given as they were', async () => {
    const raw = mail('a@x.example', 'x'.repeat(100_000));
    const before = Buffer.from(raw);
    await authenticator.authenticate(raw, options);
    expect(raw.equals(before)).toBe(true);
  });

  it('once closed tells those who wait to come again', async () => {
    const closing = new MailAuthenticator();
    const waiting = closing.authenticate(mail('a@x.example'), options).then(
      () => 'was answered',
      (error: unknown) => String(error),
    );
    await closing.close();
    expect(await waiting).toContain('closed');
    await expect(closing.authenticate(mail('a@x.example'), options)).rejects.toThrow('closed');
  });
});
