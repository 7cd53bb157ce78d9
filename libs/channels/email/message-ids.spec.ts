import fc from 'fast-check';
import { messageIdsIn } from './message-ids.js';
import { REFERENCED_IDS_MAX } from './parsed-mail.js';

describe('message ids in a header', () => {
  it('are found whether separated by space, by folding or by commas', () => {
    expect(messageIdsIn('<a@x> <b@x>\r\n\t<c@x>,<d@x>, <e@x>')).toEqual(['a@x', 'b@x', 'c@x', 'd@x', 'e@x']);
  });

  it('are found without brackets, and not in prose around them', () => {
    expect(messageIdsIn('20261103.4711@post.example')).toEqual(['20261103.4711@post.example']);
    expect(messageIdsIn('Your message of "Tue, 3 Nov 2026" <a@x>')).toEqual(['a@x']);
  });

  it('keep their case, lose folding inside the brackets, and count once', () => {
    expect(messageIdsIn('<AbC\r\n @x> <AbC@x> <abc@x>')).toEqual(['AbC@x', 'abc@x']);
  });

  it('lose comments inside the brackets, but for what is no comment or leaves no id', () => {
    expect(messageIdsIn('<4711 (shop (old)) @ post(\\)).example> <b@x>')).toEqual(['4711@post.example', 'b@x']);
    const kept = ['"a(b)"@post.example', '4711@host.(none)', '4711@(none)', 'a(b@c)', 'a(b@post.example', 'word'];
    expect(messageIdsIn(kept.map((id) => `<${id}>`).join(' '))).toEqual(kept);
  });

  it('are read the same once they were read, whatever they hold', () => {
    const pieces = fc.constantFrom('(', ')', '"', '\\', '@', '.', 'a', ' ', 'post');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (inside) => {
        const ids = messageIdsIn(`<${inside.join('')}>`);
        expect(ids.flatMap((id) => messageIdsIn(`<${id}>`))).toEqual(ids);
      }),
    );
    for (const piece of ['(', ')', '()', '"(', '\\(', '.(x)'])
      expect(messageIdsIn(`<a@${piece.repeat(30_000)}>`).length).toBeLessThanOrEqual(1);
  });

  it('never become more than fifty, whatever the header holds', () => {
    expect(messageIdsIn(Array.from({ length: 5_000 }, (_, index) => `<${index}@x>`).join(' '))).toHaveLength(REFERENCED_IDS_MAX);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '@', 'a', ',', ' ', '\n') }), (header) => {
        const ids = messageIdsIn(header);
        expect(ids.length).toBeLessThanOrEqual(REFERENCED_IDS_MAX);
        for (const id of ids) expect(id).not.toMatch(/[<>\s]/);
      }),
    );
  });
});
