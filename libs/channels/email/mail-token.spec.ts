import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { findTokens, mintMessageId, mintReplyAddress, mintReturnPath, threadMark, type TokenBearer, type TokenSeal } from './mail-token.js';

const SPAAK: TokenSeal = {
  key: randomBytes(32),
  tenantId: '0a000000-0000-4000-8000-000000000001',
  mailboxId: '0b000000-0000-4000-8000-000000000001',
};
const LINDEN: TokenSeal = { ...SPAAK, tenantId: '0a000000-0000-4000-8000-000000000002' };
const TARGET = { conversationId: '0190e3a1-7c11-7def-8a2b-5c1d2e3f4a5b', messageId: '0190e3a1-7c12-7aaa-9bbb-00ff12345678' };

const ID = mintMessageId(SPAAK, TARGET, 'spaakbikes.example');
const RETURN = mintReturnPath(SPAAK, TARGET, 'service@spaakbikes.example') ?? '';
const REPLY = mintReplyAddress(SPAAK, TARGET.conversationId, 'service@spaakbikes.example') ?? '';

function bearing(changes: Partial<TokenBearer>): TokenBearer {
  return {
    inReplyTo: [],
    references: [],
    to: [],
    cc: [],
    deliveredTo: [],
    text: '',
    html: null,
    mailClass: 'human',
    attachments: [],
    ...changes,
  };
}

function asId(id: string): TokenBearer {
  return bearing({ inReplyTo: [id] });
}

describe('a token of ours', () => {
  it('fits the 64 octets of a local part and the alphabet that survives every mail server', () => {
    expect(ID).toMatch(/^m\.[a-z2-7]{32}\.[a-z2-7]{26}@spaakbikes\.example$/);
    expect(ID.split('@')[0]?.length).toBeLessThanOrEqual(64);
    expect(REPLY).toMatch(/^service\+r[a-z2-7]{42}@spaakbikes\.example$/);
    expect(REPLY.split('@')[0]?.length).toBeLessThanOrEqual(64);
    expect(RETURN).toMatch(/^service\+b[a-z2-7]{48}@spaakbikes\.example$/);
    expect(RETURN.split('@')[0]?.length).toBeLessThanOrEqual(64);
  });

  it('is the same each time, so that a mail sent twice is one mail', () => {
    expect(mintMessageId(SPAAK, TARGET, 'spaakbikes.example')).toBe(ID);
  });

  it('gives no reply address where the mailbox leaves no room for a token, rather than a shorter token', () => {
    expect(mintReplyAddress(SPAAK, TARGET.conversationId, `${'a'.repeat(20)}@spaakbikes.example`)).not.toBeNull();
    expect(mintReplyAddress(SPAAK, TARGET.conversationId, `${'a'.repeat(21)}@spaakbikes.example`)).toBeNull();
    expect(mintReplyAddress(SPAAK, TARGET.conversationId, 'service+extra@spaakbikes.example')).toBeNull();
  });

  it('gives no return path where the mailbox leaves no room for it', () => {
    expect(mintReturnPath(SPAAK, TARGET, `${'a'.repeat(14)}@spaakbikes.example`)).not.toBeNull();
    expect(mintReturnPath(SPAAK, TARGET, `${'a'.repeat(15)}@spaakbikes.example`)).toBeNull();
    expect(mintReturnPath(SPAAK, TARGET, 'service+extra@spaakbikes.example')).toBeNull();
  });

  it('leads back to its conversation and message from every place a mail program may put it', () => {
    const message = { conversationId: TARGET.conversationId, messageIdEnd: '12345678' };
    const conversation = { conversationId: TARGET.conversationId, messageIdEnd: null };
    const at = { address: REPLY };
    expect(findTokens(SPAAK, bearing({ inReplyTo: ['other@post.example', ID] }))).toEqual([{ ...message, foundIn: 'in_reply_to' }]);
    expect(findTokens(SPAAK, bearing({ references: [ID, 'later@post.example'] }))).toEqual([{ ...message, foundIn: 'references' }]);
    expect(findTokens(SPAAK, bearing({ to: [at] }))).toEqual([{ ...conversation, foundIn: 'to' }]);
    expect(findTokens(SPAAK, bearing({ cc: [at] }))).toEqual([{ ...conversation, foundIn: 'cc' }]);
    expect(findTokens(SPAAK, bearing({ deliveredTo: [REPLY] }))).toEqual([{ ...conversation, foundIn: 'delivered_to' }]);
    for (const place of [{ to: [{ address: RETURN }] }, { cc: [{ address: RETURN }] }, { deliveredTo: [RETURN] }]) {
      expect(findTokens(SPAAK, bearing(place))).toEqual([{ ...message, foundIn: 'verp' }]);
    }
    expect(findTokens(SPAAK, bearing({ html: `<div style="display:none">${threadMark(ID)}</div>` }))).toEqual([
      { ...message, foundIn: 'body' },
    ]);
    expect(findTokens(SPAAK, bearing({ text: `Message-ID: <${ID}>` }))).toEqual([{ ...message, foundIn: 'body' }]);
  });

  it('is found in the mail a bounce gives back, and not in what anybody else attaches', () => {
    const attachments = [{ mediaType: 'text/rfc822-headers', content: Buffer.from(`Message-ID: <${ID}>\r\n`) }];
    expect(findTokens(SPAAK, bearing({ attachments, mailClass: 'bounce' })).map(({ foundIn }) => foundIn)).toEqual(['attached']);
    expect(findTokens(SPAAK, bearing({ attachments }))).toEqual([]);
  });

  it('of two conversations names the one answered last first', () => {
    const newer = { conversationId: '0190e3a1-7c11-7def-8a2b-ffffffffffff', messageId: TARGET.messageId };
    const references = [ID, mintMessageId(SPAAK, newer, 'spaakbikes.example')];
    expect(findTokens(SPAAK, bearing({ references })).map((token) => token.conversationId)).toEqual([
      newer.conversationId,
      TARGET.conversationId,
    ]);
  });

  it('survives servers and address books that change its case', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }), (upper) => {
        const fold = (text: string): string => [...text].map((one, index) => (upper[index] === true ? one.toUpperCase() : one)).join('');
        expect(findTokens(SPAAK, asId(fold(ID)))).toHaveLength(1);
        expect(findTokens(SPAAK, bearing({ to: [{ address: fold(REPLY) }] }))).toHaveLength(1);
        expect(findTokens(SPAAK, bearing({ to: [{ address: fold(RETURN) }] }))).toHaveLength(1);
      }),
    );
  });

  it('is no token when a single character of it was changed', () => {
    const alphabet = [...'abcdefghijklmnopqrstuvwxyz234567', '0', '1', '8', '=', '-', '.', 'é', '\u212a'];
    const change = (text: string, index: number, to: string): string => text.slice(0, index) + to + text.slice(index + 1);
    fc.assert(
      fc.property(fc.nat(60), fc.nat(42), fc.nat(48), fc.constantFrom(...alphabet), (inId, inReply, inReturn, to) => {
        const id = change(ID, inId, to);
        if (id !== ID) expect(findTokens(SPAAK, asId(id))).toEqual([]);
        const at = 'service+'.length + inReply;
        const address = change(REPLY, at, to);
        if (address !== REPLY) expect(findTokens(SPAAK, bearing({ to: [{ address }] }))).toEqual([]);
        const path = change(RETURN, 'service+'.length + inReturn, to);
        if (path !== RETURN) expect(findTokens(SPAAK, bearing({ to: [{ address: path }] }))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is no token in any other form: cut, longer, empty, with another dot, percent-encoded, with bits that nobody reads', () => {
    const local = threadMark(ID);
    const cut = [
      local.slice(0, -1),
      `${local}a`,
      local.replace('.', '..'),
      local.replace('m.', ''),
      `x${local}`,
      `${local}.`,
      encodeURIComponent(`<${local}>`),
    ];
    for (const form of [...cut, '', '.', 'm..', 'm.a.b']) expect(findTokens(SPAAK, asId(`${form}@spaakbikes.example`))).toEqual([]);
    // 16 bytes fill 26 characters but for two bits: of the four last characters that decode alike, one is ours.
    const last = local.at(-1) ?? '';
    const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
    const alike = [...alphabet].filter((one) => one !== last && alphabet.indexOf(one) >> 2 === alphabet.indexOf(last) >> 2);
    expect(alike).toHaveLength(3);
    for (const one of alike) expect(findTokens(SPAAK, asId(`${local.slice(0, -1)}${one}@spaakbikes.example`))).toEqual([]);
    fc.assert(fc.property(fc.string(), (form) => findTokens(SPAAK, asId(form)).length === 0));
  });

  it('does not match for another tenant, another mailbox or another key', () => {
    const others: TokenSeal[] = [
      LINDEN,
      { ...SPAAK, mailboxId: '0b000000-0000-4000-8000-000000000002' },
      { ...SPAAK, key: randomBytes(32) },
    ];
    for (const seal of others) {
      expect(
        findTokens(seal, bearing({ inReplyTo: [ID], to: [{ address: REPLY }], cc: [{ address: RETURN }], html: threadMark(ID) })),
      ).toEqual([]);
    }
  });

  it('of a reply address cannot be used as a Message-ID, nor the other way round', () => {
    const replyToken = REPLY.slice('service+'.length);
    expect(findTokens(SPAAK, asId(replyToken))).toEqual([]);
    expect(findTokens(SPAAK, bearing({ to: [{ address: `service+${ID}` }] }))).toEqual([]);
    const returnToken = RETURN.slice('service+b'.length);
    expect(findTokens(SPAAK, bearing({ to: [{ address: `service+r${returnToken}` }] }))).toEqual([]);
    expect(findTokens(SPAAK, bearing({ to: [{ address: `service+r${returnToken.slice(0, 42)}@spaakbikes.example` }] }))).toEqual([]);
    expect(findTokens(SPAAK, asId(RETURN.slice('service+'.length)))).toEqual([]);
  });

  it('refuses a key that is too short to keep a secret', () => {
    expect(() => mintMessageId({ ...SPAAK, key: Buffer.alloc(16) }, TARGET, 'spaakbikes.example')).toThrow('32 bytes');
  });
});
