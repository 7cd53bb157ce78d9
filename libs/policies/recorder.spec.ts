import fc from 'fast-check';
import { RecordedKind, type RecordingPolicy } from '#contract';
import { type Recordable, Recorder } from './recorder.js';

const all = (choice: 'record' | 'never') =>
  Object.fromEntries(RecordedKind.options.map((kind) => [kind, choice])) as RecordingPolicy['rules']['all'];
const recorderOf = (rules: RecordingPolicy['rules'], version = 3) =>
  new Recorder({ version, rules, createdAt: '2026-05-04T10:00:00.000Z', createdBy: null });

const text = fc.string({ unit: 'binary', maxLength: 40 });
const content: fc.Arbitrary<Recordable> = fc.record({
  text,
  fullText: fc.option(text),
  html: fc.option(text),
  subject: fc.option(text),
  detail: fc.option(text),
  cc: fc.array(text, { maxLength: 3 }),
  senderName: fc.option(text),
  senderPicture: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
  mailHeaders: fc.option(fc.record({ said: text })),
  calendar: fc.option(fc.record({ said: text })),
  attachments: fc.array(
    fc.record({
      kind: fc.constant('image' as const),
      name: text,
      mediaType: fc.constant('image/png'),
      sourceUrl: fc.option(fc.webUrl()),
      content: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))),
      contentId: fc.option(text),
    }),
    { maxLength: 3 },
  ),
});

const CANARY: Recordable = {
  text: 'canary text',
  fullText: 'canary full',
  html: '<p>canary</p>',
  subject: 'canary subject',
  detail: 'canary detail',
  cc: ['canary@mail.example'],
  senderName: 'canary name',
  senderPicture: Buffer.from('canary picture'),
  attachments: [
    {
      kind: 'image',
      name: 'canary.png',
      mediaType: 'image/png',
      sourceUrl: 'https://x.example/canary',
      content: Buffer.from('canary bytes'),
      contentId: 'canary-cid',
      summary: { subject: 'canary inside', to: [{ address: 'canary@inside.example' }] },
    },
  ],
  mailHeaders: { from: { address: 'canary@mail.example', name: null } },
  calendar: { summary: 'canary party', attendees: [{ address: 'canary@guests.example' }] },
};

describe('what may be kept of a message', () => {
  it('is all of it, unchanged, where everything is recorded', () => {
    const { attachments, ...kept } = recorderOf({ all: all('record'), channels: {} }).record(CANARY, 'email');
    expect({ ...kept, attachments: attachments.map(({ isRecorded, ...attachment }) => (isRecorded ? attachment : null)) }).toEqual({
      ...CANARY,
      withheld: false,
      recordingVersion: 3,
    });
  });

  it('is not one word, name, address or byte where nothing is', () => {
    const kept = recorderOf({ all: all('never'), channels: {} }).record(CANARY, 'email');
    const hidden = JSON.stringify(kept, (_, value: unknown) =>
      (value as { type?: string } | null)?.type === 'Buffer' ? Buffer.from((value as { data: number[] }).data).toString() : value,
    );
    expect(hidden).not.toContain('canary');
    expect(kept).toMatchObject({ text: '', withheld: true, recordingVersion: 3 });
  });

  it.each([
    ['message_text', ['text', 'fullText', 'html', 'subject', 'detail', 'calendar']],
    ['attachments', ['attachments']],
    ['mail_headers', ['cc', 'mailHeaders']],
    ['sender_name', ['senderName']],
    ['sender_picture', ['senderPicture']],
  ] as const)('is without %s where that one kind is not recorded, and with all else', (kind, gone) => {
    const whole = recorderOf({ all: all('record'), channels: {} }).record(CANARY, 'email');
    const kept = recorderOf({ all: { ...all('record'), [kind]: 'never' }, channels: {} }).record(CANARY, 'email');
    for (const name of Object.keys(CANARY) as (keyof Recordable)[]) {
      if ((gone as readonly string[]).includes(name)) expect(JSON.stringify(kept[name])).not.toContain('canary');
      else expect(kept[name]).toEqual(whole[name]);
    }
  });

  it('follows the channel’s own rule before the general one, and only on that channel', () => {
    const stricter = recorderOf({ all: all('record'), channels: { email: { message_text: 'never' } } });
    expect([stricter.record(CANARY, 'email').text, stricter.record(CANARY, 'messenger').text]).toEqual(['', 'canary text']);
    const looser = recorderOf({ all: all('never'), channels: { messenger: { message_text: 'record' } } });
    expect([looser.record(CANARY, 'email').text, looser.record(CANARY, 'messenger').text]).toEqual(['', 'canary text']);
  });

  it('can always be stored: no NUL and no half character, whatever was sent, and nothing else is lost', () => {
    const recorder = recorderOf({ all: all('record'), channels: {} });
    fc.assert(
      fc.property(content, (sent) => {
        const kept = recorder.record(sent, 'email');
        const texts = [
          kept.text,
          kept.fullText,
          kept.html,
          kept.subject,
          kept.detail,
          kept.senderName,
          ...kept.cc,
          ...kept.attachments.map(({ name }) => name),
          ...[kept.mailHeaders, kept.calendar].map((object) => (object as { said: string } | null)?.said ?? null),
        ];
        for (const one of texts) expect(one === null || (one.isWellFormed() && !one.includes('\0'))).toBe(true);
        expect(kept.text).toBe(sent.text.replaceAll('\0', '').toWellFormed());
      }),
    );
  });

  it('says that something was left out only when something was', () => {
    const recorder = recorderOf({ all: all('never'), channels: {} });
    const nothing: Recordable = { text: '' };
    expect([recorder.record(nothing, 'email').withheld, recorder.record({ text: 'x' }, 'email').withheld]).toEqual([false, true]);
    expect(recorder.record({ text: '', attachments: CANARY.attachments }, 'email').withheld).toBe(true);
  });
});
