import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { findTestToken, mintTestToken, type TestMailBearer } from './mail-test-token.js';

const seal = {
  key: Buffer.alloc(32, 1),
  tenantId: '00000000-0000-4000-8000-000000000001',
  mailboxId: '00000000-0000-4000-8000-000000000002',
};
const mail = (part: Partial<TestMailBearer>): TestMailBearer => ({
  messageId: 'x@y.example',
  subject: '',
  to: [],
  deliveredTo: [],
  ...part,
});

describe('the token of a test mail', () => {
  const nonce = randomBytes(6);
  const plus = mintTestToken(seal, { sentTo: 'plus', nonce });

  it.each([
    ['the address', { to: [{ address: `help+${plus}@firm.example` }] }],
    ['the address it was delivered to', { deliveredTo: [`help+${plus}@firm.example`] }],
    ['its id', { messageId: `${plus}@firm.example` }],
    ['the subject', { subject: `[EXTERNAL] Omnidesk test ${plus} ` }],
    ['capitals', { subject: `Omnidesk test ${plus.toUpperCase()}` }],
  ])('is found in %s', (_, part) => {
    expect(findTestToken(seal, mail(part))).toEqual({ sentTo: 'plus', nonce });
  });

  it('leaves a name of 29 octets before it', () => {
    expect(plus).toHaveLength(34);
  });

  it('says to which of the two addresses it went, and cannot be made to say the other', () => {
    const bare = mintTestToken(seal, { sentTo: 'bare', nonce });
    expect(findTestToken(seal, mail({ subject: bare }))).toEqual({ sentTo: 'bare', nonce });
    expect(findTestToken(seal, mail({ subject: `tp${bare.slice(2)}` }))).toBeNull();
  });

  it('is good for one mailbox of one tenant, and under one key', () => {
    const others = [
      { ...seal, tenantId: seal.mailboxId },
      { ...seal, mailboxId: seal.tenantId },
      { ...seal, key: Buffer.alloc(32, 2) },
    ];
    for (const other of others) expect(findTestToken(other, mail({ subject: plus }))).toBeNull();
  });

  it('is not found where it is only a part of something longer', () => {
    expect(findTestToken(seal, mail({ subject: `a${plus}` }))).toBeNull();
    expect(findTestToken(seal, mail({ subject: `${plus}0` }))).toBeNull();
  });

  it('cannot be guessed, and looking for it stops nobody', () => {
    const text = fc.oneof(fc.string({ maxLength: 200 }), fc.stringMatching(/^t[pb][0-9a-f]{32}$/));
    fc.assert(fc.property(text, text, (subject, messageId) => findTestToken(seal, mail({ subject, messageId })) === null));
    expect(findTestToken(seal, mail({ subject: 'tp'.repeat(500_000) }))).toBeNull();
  });
});
