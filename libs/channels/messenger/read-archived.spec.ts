import fc from 'fast-check';
import { PAGE, PERSON } from './fixtures/meta-events.js';
import { isWithin, readArchived } from './read-archived.js';

const thread = { routeId: PAGE, personId: PERSON, personName: 'Noor Bakker' };
const said = { id: 'm_1', created_time: '2026-03-01T11:00:00+0000', from: { id: PERSON, name: 'Noor Bakker' }, message: 'hello' };
const only = (more: object) => readArchived({ ...said, ...more }, thread)[0]!;
const attachmentsOf = (more: object) => only(more).message!.content.attachments!;

describe('a message in a page’s archive', () => {
  it('is of the person or of the page, at its own time', () => {
    expect(only({})).toMatchObject({
      externalId: 'm_1',
      sentAt: new Date('2026-03-01T11:00:00Z'),
      message: { direction: 'in', personId: PERSON, routeId: PAGE, kind: 'text', content: { text: 'hello', senderName: 'Noor Bakker' } },
    });
    expect(only({ from: { id: PAGE, name: 'Spaak' }, reply_to: { mid: 'm_0' } })).toMatchObject({
      message: { direction: 'out', personId: PERSON, appId: null, replyToExternalId: 'm_0', content: { senderName: null } },
    });
  });

  it('says nothing yet where only its name is given', () => {
    expect(readArchived({ id: 'm_2', created_time: said.created_time }, thread)).toMatchObject([{ externalId: 'm_2', message: null }]);
    for (const useless of [{ created_time: said.created_time }, { id: 'm_2' }, { id: 'm_2', created_time: 'soon' }, null, 'm_2']) {
      expect(readArchived(useless, thread)).toEqual([]);
    }
  });

  it('has its files, each with its address in a place of its own', () => {
    const url = 'https://cdn.example/x';
    const data = [
      { mime_type: 'image/png', name: 'a.png', image_data: { url } },
      { mime_type: 'video/mp4', name: 'b.mp4', video_data: { url } },
      { mime_type: 'audio/mpeg', name: 'c.mp3', file_url: url },
      { mime_type: 'application/pdf', name: 'd.pdf', file_url: url },
    ];
    expect(attachmentsOf({ attachments: { data } })).toMatchObject([
      { kind: 'image', name: 'a.png', mediaType: 'image/png', sourceUrl: url },
      { kind: 'video', name: 'b.mp4' },
      { kind: 'audio', name: 'c.mp3' },
      { kind: 'file', name: 'd.pdf' },
    ]);
    expect(attachmentsOf({ sticker: url, shares: { data: [{ link: 'https://shop.example/', name: 'A bell' }] } })).toMatchObject([
      { kind: 'link', name: 'A bell', sourceUrl: 'https://shop.example/' },
      { kind: 'sticker', sourceUrl: url },
    ]);
  });

  it('shows what is kept from programs in Europe, and what has no address, without one', () => {
    const name = 'Media not available due to new privacy rules in Europe. View on Facebook.';
    const data = [{ name, mime_type: 'image/jpeg', image_data: { url: 'https://cdn.example/placeholder' } }, { mime_type: 'image/png' }];
    expect(attachmentsOf({ attachments: { data } })).toMatchObject([
      { kind: 'unsupported', name, sourceUrl: null },
      { kind: 'unsupported', name: 'image/png', sourceUrl: null },
    ]);
  });

  it('that shows nothing is a line that says so', () => {
    expect(only({ message: '', is_unsupported: true }).message).toMatchObject({
      kind: 'unsupported',
      content: { detail: 'message_unsupported' },
    });
    expect(only({ message: undefined }).message).toMatchObject({ kind: 'unsupported', content: { detail: 'message_empty' } });
  });

  it('is within a time as far as whole seconds can tell', () => {
    const at = new Date('2026-03-01T11:00:00Z');
    expect(isWithin(at, new Date('2026-03-01T11:00:00.999Z'))).toBe(true);
    expect(isWithin(at, new Date('2026-03-01T11:00:01.000Z'))).toBe(false);
  });

  it('of any shape is read without an error', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    const key = fc.constantFrom(...'id created_time from message attachments shares sticker reply_to'.split(' '));
    fc.assert(
      fc.property(fc.dictionary(key, fc.oneof(json, fc.record({ data: json }), fc.constant(PERSON))), (value) =>
        Array.isArray(readArchived(value, thread)),
      ),
    );
  });
});
