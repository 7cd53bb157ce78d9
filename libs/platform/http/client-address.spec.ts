import fc from 'fast-check';
import { clientAddress } from './client-address.js';

const PROXY = '10.1.2.3';
const trusted = ['10.0.0.0/8', '::1'];

/** What somebody is counted and judged by must not be what they say of themselves. */
describe('where a request comes from', () => {
  const anything = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.constantFrom('', ',', ' , ', '127.0.0.1', PROXY, 'unknown', '::1'));
  const outsider = fc.ipV4().filter((address) => !address.startsWith('10.'));

  it('is who is connected, whatever a header says, while no proxy is trusted', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.array(anything), (peer, said) => {
        expect(clientAddress(peer, said.join(','), [])).toBe(peer);
      }),
    );
  });

  it('is who is connected when that is not a trusted proxy', () => {
    fc.assert(
      fc.property(outsider, fc.array(anything), (peer, said) => {
        expect(clientAddress(peer, said.join(','), trusted)).toBe(peer);
      }),
    );
  });

  it('is what the trusted proxy saw, whatever the sender had written before it', () => {
    fc.assert(
      fc.property(outsider, fc.array(anything), fc.nat(3), (real, forged, proxies) => {
        const seen = [...forged, real, ...Array.from({ length: proxies }, (_, n) => `10.0.0.${String(n)}`)].join(', ');
        expect(clientAddress(PROXY, seen, trusted)).toBe(real);
      }),
    );
  });

  it('is never rubbish: what is no address is not believed, and the proxy before it answers for it', () => {
    for (const rubbish of ['unknown', '_hidden', '1.2.3.4:5555', '<script>', '999.1.1.1', '']) {
      expect(clientAddress(PROXY, rubbish, trusted)).toBe(PROXY);
    }
  });

  it.each([
    [PROXY, undefined, PROXY],
    [PROXY, '203.0.113.9', '203.0.113.9'],
    ['::1', '203.0.113.9', '203.0.113.9'],
    [`::ffff:${PROXY}`, '203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', undefined, '203.0.113.9'],
    [PROXY, '2001:DB8:0:0::1', '2001:db8::1'],
    [PROXY, '10.9.9.9, 10.8.8.8', '10.9.9.9'],
    ['', undefined, undefined],
  ])('behind %s that saw %s is %s', (peer, seen, wanted) => {
    if (wanted === undefined) expect(() => clientAddress(peer, seen, trusted)).not.toThrow();
    else expect(clientAddress(peer, seen, trusted)).toBe(wanted);
  });
});
