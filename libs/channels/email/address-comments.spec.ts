import fc from 'fast-check';
import { tightAddresses } from './address-comments.js';
import { addressesOf } from './mail-address.js';
import { mendMail } from './mend-mail.js';
import { readMime } from './mime-reader.js';
import { MAIL_LIMITS } from './parsed-mail.js';

async function read(to: string): Promise<{ address: string; name: string | null }[]> {
  const raw = Buffer.from(`From: x@y.example\r\nTo: ${to}\r\n\r\nText\r\n`);
  return addressesOf((await readMime(mendMail(raw, MAIL_LIMITS).raw(), MAIL_LIMITS)).to);
}

describe('an address with comments and white space around its dots and its @', () => {
  it.each([
    ['in brackets', 'Eva <eva(at work (mostly))@post\r\n .example(our host)>', 'eva@post.example'],
    ['in brackets, before and behind a dot', 'Eva <eva . vos@post(one).  example>', 'eva.vos@post.example'],
    ['without brackets', 'eva(at work) @ post . example', 'eva@post.example'],
    ['in a group', 'Team(all of them): Eva <eva@(host)post.example>;', 'eva@post.example'],
    ['with brackets and quotes in the comments', 'Eva <eva(\\) "x)@post .example>', 'eva@post.example'],
  ])('is read without them: %s', async (_, to, address) => {
    expect((await read(to)).map((one) => one.address)).toEqual([address]);
  });

  it.each([
    'Jan . P <jan.p@post.example>',
    'Piet @ Firma . nl <piet@firma.example>',
    '"Eva (a) @ b . c" <eva@post.example>',
    '"eva . (x) vos"@post.example',
    'Dr. a@post.example',
    'a@post.example. Anna',
    '<a@post.example . b@post.example>',
    '<@one . example:eva@post.example>',
    'eva@post.example (Eva . Vos)',
    'Eva (never ends <eva @ post.example>',
    'Eva <eva @ post.example',
  ])('is nothing that a name, a quotation or two addresses are taken for: %s', (value) => {
    expect(tightAddresses(value)).toBe(value);
  });

  it('keeps the names and the addresses beside it', async () => {
    expect(await read('"Vos, E. (Eva)" <eva @post.example>, Jan Q. Smit <jan@post.example>, tom@post .example')).toEqual([
      { address: 'eva@post.example', name: 'Vos, E. (Eva)' },
      { address: 'jan@post.example', name: 'Jan Q. Smit' },
      { address: 'tom@post.example', name: null },
    ]);
  });

  it('is still no longer than an address may be', async () => {
    expect(await read(`<eva@${'post . '.repeat(100)}example>`)).toEqual([]);
  });

  it('never throws, takes out what it takes out once, and invents nothing', () => {
    const pieces = fc.constantFrom('(', ')', '<', '>', '@', '.', ' ', '\r\n ', '"', '\\', ',', ':', ';', '[', ']', 'a', 'é', 'post');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (value) => {
          const tight = tightAddresses(value);
          expect(tightAddresses(tight)).toBe(tight);
          let at = 0;
          for (const character of value) if (character === tight[at]) at += 1;
          expect([...tight].length).toBeLessThanOrEqual([...value].length);
          expect(at).toBe([...tight].length);
        },
      ),
    );
  });

  it.each(['(', '"', '<', '@ ', '. ', 'a@b .c,', '<a @', '(a)', '\\(', 'a . '])(
    'is looked for in a header of nothing but %j in one pass',
    (piece) => {
      expect(tightAddresses(`a @b${piece.repeat(300_000)}`).length).toBeGreaterThan(0);
    },
  );
});
