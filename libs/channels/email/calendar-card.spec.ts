import fc from 'fast-check';
import { readCalendarCard } from './calendar-card.js';
import { knownZone } from './zone-time.js';

function invitation(lines: string[], method = 'REQUEST', zones: string[] = []): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', `METHOD:${method}`, ...zones, 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR', ''].join(
    '\r\n',
  );
}

describe('an invitation', () => {
  it('becomes a card: what, when, where, who asks and who comes', () => {
    const card = readCalendarCard(
      invitation([
        'UID:rit-7@post.example',
        'SEQUENCE:2',
        'SUMMARY:Proefrit\\, twee',
        '  fietsen',
        'LOCATION:Winkel\\; achterom',
        'DESCRIPTION:Neem mee:\\nhelm',
        'DTSTART;TZID="W. Europe Standard Time":20261106T093000',
        'DTEND;TZID=Europe/Amsterdam:20261106T103000',
        'ORGANIZER;CN="Vries; Anna":mailto:anna@post.example',
        'ATTENDEE;CN=Tom;PARTSTAT=ACCEPTED:mailto:tom@post.example',
        'ATTENDEE;PARTSTAT=DECLINED:MAILTO:eva@post.example',
        'ATTENDEE:mailto:service@spaakbikes.example',
      ]),
    );
    expect(card).toEqual({
      method: 'request',
      uid: 'rit-7@post.example',
      sequence: 2,
      summary: 'Proefrit, twee fietsen',
      location: 'Winkel; achterom',
      description: 'Neem mee:\nhelm',
      start: { at: new Date('2026-11-06T08:30:00Z'), isDate: false, zone: 'Europe/Berlin', written: '2026-11-06T09:30' },
      end: { at: new Date('2026-11-06T09:30:00Z'), isDate: false, zone: 'Europe/Amsterdam', written: '2026-11-06T10:30' },
      isRepeated: false,
      isCancelled: false,
      organiser: { address: 'anna@post.example', name: 'Vries; Anna' },
      attendees: [
        { address: 'tom@post.example', name: 'Tom', answer: 'accepted' },
        { address: 'eva@post.example', name: null, answer: 'declined' },
        { address: 'service@spaakbikes.example', name: null, answer: 'needs_action' },
      ],
      hasMore: false,
    });
  });

  it.each([
    ['in UTC', 'DTSTART:20260706T093000Z', '2026-07-06T09:30:00.000Z', null],
    ['in summer', 'DTSTART;TZID=Romance Standard Time:20260706T093000', '2026-07-06T07:30:00.000Z', 'Europe/Paris'],
    ['in the hour the clocks go back', 'DTSTART;TZID=Europe/Amsterdam:20261025T013000', '2026-10-24T23:30:00.000Z', 'Europe/Amsterdam'],
    [
      'with a path before the zone',
      'DTSTART;TZID=/example.org/1/Europe/London:20260706T093000',
      '2026-07-06T08:30:00.000Z',
      'Europe/London',
    ],
    ['on a day', 'DTSTART;VALUE=DATE:20260706', '2026-07-06T00:00:00.000Z', null],
  ])('says when it is %s', (_, line, at, zone) => {
    expect(readCalendarCard(invitation([line]))?.start).toMatchObject({ at: new Date(at), zone });
  });

  it('is at the right time in a zone that only the file itself describes', () => {
    const zone = [
      ...['BEGIN:VTIMEZONE', 'TZID:Eigen', 'BEGIN:STANDARD', 'DTSTART:16010101T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100'],
      ...['RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10', 'END:STANDARD', 'BEGIN:DAYLIGHT', 'DTSTART:16010101T020000'],
      ...['TZOFFSETTO:+0200', 'RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3', 'END:DAYLIGHT', 'END:VTIMEZONE'],
    ];
    const at = (day: string) =>
      readCalendarCard(invitation([`DTSTART;TZID=Eigen:${day}T093000`], 'REQUEST', zone))?.start?.at?.toISOString();
    expect([at('20260106'), at('20260706'), at('20261206')]).toEqual([
      '2026-01-06T08:30:00.000Z',
      '2026-07-06T07:30:00.000Z',
      '2026-12-06T08:30:00.000Z',
    ]);
  });

  it('in a zone nobody knows keeps the figures as written and claims no instant', () => {
    expect(readCalendarCard(invitation(['DTSTART;TZID=Middenaarde:20260706T093000']))?.start).toEqual({
      at: null,
      isDate: false,
      zone: null,
      written: '2026-07-06T09:30',
    });
  });

  it('that gives how long it takes has an end', () => {
    const card = readCalendarCard(invitation(['DTSTART:20260706T233000Z', 'DURATION:PT1H15M']));
    expect(card?.end).toMatchObject({ at: new Date('2026-07-07T00:45:00Z'), written: '2026-07-07T00:45' });
  });

  it('is known as answer, cancellation or repetition', () => {
    const answer = readCalendarCard(invitation(['UID:1', 'ATTENDEE;PARTSTAT=TENTATIVE:mailto:tom@post.example'], 'REPLY'));
    expect([answer?.method, answer?.attendees[0]?.answer]).toEqual(['reply', 'tentative']);
    expect(readCalendarCard(invitation(['UID:1'], 'CANCEL'))?.isCancelled).toBe(true);
    expect(readCalendarCard(invitation(['RRULE:FREQ=WEEKLY']))?.isRepeated).toBe(true);
  });

  it('is none where there is no event', () => {
    expect(readCalendarCard('BEGIN:VCALENDAR\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR')).toBeNull();
    expect(readCalendarCard('Dag')).toBeNull();
  });
});

describe('a hostile calendar file', () => {
  it('is read whatever it holds, and its figures are dates or nothing', () => {
    const piece = fc.constantFrom(
      'BEGIN:',
      'END:',
      'VEVENT',
      'VTIMEZONE',
      'DTSTART',
      ';TZID=',
      ':',
      '2026',
      '99991231T235959',
      'DURATION:P',
      'T9H',
      '\r\n',
      ' ',
      '"',
      ';',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 10 })), { maxLength: 100 }), (words) => {
        const card = readCalendarCard(invitation([words.join('')]));
        for (const moment of [card?.start, card?.end]) if (moment?.at) expect(Number.isFinite(moment.at.getTime())).toBe(true);
      }),
    );
  });

  it.each([
    ['components', 'BEGIN:VEVENT\n'.repeat(15_000)],
    ['folds', `SUMMARY:x\n${' y\n'.repeat(60_000)}`],
    ['parameters', `DTSTART${';A="'.repeat(50_000)}`],
    ['attendees', `BEGIN:VEVENT\n${'ATTENDEE:mailto:a@b.example\n'.repeat(8_000)}`],
    ['zones', Array.from({ length: 4_000 }, (_, index) => `DTSTART;TZID=Zone/${index}:20260706T093000`).join('\n')],
  ])('of nothing but %s is read to the limits', (_, text) => {
    expect(readCalendarCard(text)?.attendees.length ?? 0).toBeLessThanOrEqual(100);
  });

  it('cannot pass a zone off as one it is not', () => {
    expect([knownZone('Europe/Amsterdam'), knownZone(''), knownZone('../etc'), knownZone('x'.repeat(100_000))]).toEqual([
      'Europe/Amsterdam',
      null,
      null,
      null,
    ]);
  });
});
