import { BlockList, isIP } from 'node:net';
import fc from 'fast-check';
import { isAddressIn } from '#platform';
import { isListed } from './address-list.js';
import { readRange } from './address-range.js';

/** What a list of networks lets in must be what it says, in whatever form either is written. */
describe('a range of addresses', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7/32'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['10.0.0.0/8', '10.0.0.0/8'],
    ['2001:DB8::1', '2001:db8::1/128'],
    ['2001:db8:1:2:3::/48', '2001:db8:1::/48'],
    ['::ffff:192.0.2.7', '192.0.2.7/32'],
    ['::ffff:192.0.2.7/120', '192.0.2.0/24'],
    ['::ffff:c000:207/128', '192.0.2.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['::/0', '::/0'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
  ])('%s is kept as %s', (text, range) => {
    expect(readRange(text)).toEqual({ range, isEverywhere: range.endsWith('/0') });
  });

  it.each([
    '',
    'localhost',
    '1',
    '10',
    '10.0.0',
    '010.0.0.1',
    '10.0.0.01',
    '0x0a.0.0.1',
    '256.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/08',
    '10.0.0.1/-1',
    '10.0.0.1/',
    '10.0.0.1/8/8',
    '10.0.0.1 /8',
    '10.0.0.1/255.0.0.0',
    '10.0.0.1:443',
    '[::1]',
    'fe80::1%eth0',
    'fe80::1%25eth0/64',
    '::1/129',
    '::ffff:010.0.0.1',
    '::10.0.0.1',
    '::ffff:10.0.0.1/64',
    '2001:db8::1::2',
    '10.0.0.1\n',
    '１0.0.0.1',
  ])('is not %j', (text) => {
    expect(readRange(text)).toBeNull();
  });

  it('holds the same addresses as by the reckoning of Node itself, whatever either looks like', () => {
    const bits4 = fc.integer({ min: 0, max: 32 });
    const bits6 = fc.integer({ min: 0, max: 128 });
    // Near each other, or one would never lie in the other.
    const near4 = fc
      .tuple(fc.constantFrom(10, 192), fc.constantFrom(0, 1, 128), fc.constantFrom(0, 255), fc.nat(255))
      .map((parts) => parts.join('.'));
    const near6 = fc
      .tuple(fc.constantFrom('2001', 'fe80'), fc.constantFrom('0', 'db8'), fc.constantFrom('0', 'ffff'), fc.nat(0xffff))
      .map(([a, b, c, d]) => `${a}:${b}:${c}::${d.toString(16)}`);
    const four = fc.oneof(fc.ipV4(), near4);
    const six = fc.oneof(fc.ipV6(), near6).filter((address) => !/^::(?:ffff:|\d+\.)/i.test(address) && isIP(address) === 6);
    const network = fc.oneof(fc.tuple(four, bits4), fc.tuple(six, bits6));
    fc.assert(
      fc.property(network, fc.oneof(four, six), fc.boolean(), ([start, bits], address, isMapped) => {
        const isFour = isIP(address) === 4;
        const list = new BlockList();
        list.addSubnet(start, bits, isIP(start) === 4 ? 'ipv4' : 'ipv6');
        // Node reads mapped addresses into version 6 ranges too; ours are what they are mapped from.
        const expected = isIP(start) === isIP(address) && list.check(address, isFour ? 'ipv4' : 'ipv6');
        const read = readRange(`${start}/${String(bits)}`);
        if (read === null) return;
        expect(isAddressIn(isFour && isMapped ? `::ffff:${address}` : address, [read.range])).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('reads what it has written', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(32), (address, bits) => {
        const read = readRange(`${address}/${String(bits)}`);
        if (read !== null) expect(readRange(read.range)).toEqual(read);
      }),
    );
  });

  it('lets everybody in when there is none, and nobody without an address when there is one', () => {
    expect(isListed([], '')).toBe(true);
    for (const address of ['', 'unknown', '192.0.2.7, 10.0.0.1', '192.0.2.7:443', '[2001:db8::1]'])
      expect(isListed(['0.0.0.0/0', '::/0'], address)).toBe(false);
  });
});
