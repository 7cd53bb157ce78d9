import fc from 'fast-check';
import { isForwardSubject, readForwarded } from './forwarded-mail.js';

const ANNA = { address: 'anna@post.example', name: 'Anna de Vries' };

describe('a forwarded mail', () => {
  it.each([
    ['nl', 'Doorgestuurd bericht', 'Van', 'Datum', 'Aan', 'Onderwerp'],
    ['de', 'Weitergeleitete Nachricht', 'Von', 'Datum', 'An', 'Betreff'],
    ['fr', 'Message transféré', 'De', 'Date', 'À', 'Objet'],
    ['en', 'Forwarded message', 'From', 'Date', 'To', 'Subject'],
    ['es', 'Mensaje reenviado', 'De', 'Fecha', 'Para', 'Asunto'],
    ['it', 'Messaggio inoltrato', 'Da', 'Data', 'A', 'Oggetto'],
    ['pt', 'Mensagem encaminhada', 'De', 'Data', 'Para', 'Assunto'],
    ['pl', 'Treść przekazanej wiadomości', 'Od', 'Data', 'Do', 'Temat'],
    ['sv', 'Vidarebefordrat meddelande', 'Från', 'Datum', 'Till', 'Ämne'],
  ])('is known in %s by the line above it', (_, line, from, sent, to, subject) => {
    const text = [
      'Wil jij dit doen?',
      '',
      `-------- ${line} --------`,
      `${subject}: \tKetting stuk`,
      `${sent}: \tTue, 3 Nov 2026 09:00:00 +0100`,
      `${from}: \tAnna de Vries <anna@post.example>`,
      `${to}: \tservice@spaakbikes.example`,
      '',
      'Mijn ketting is stuk.',
      '',
      'Anna',
    ].join('\n');
    expect(readForwarded(text, 'zonder voorvoegsel')).toEqual({
      note: 'Wil jij dit doen?',
      from: ANNA,
      to: [{ address: 'service@spaakbikes.example', name: null }],
      cc: [],
      subject: 'Ketting stuk',
      sentWritten: 'Tue, 3 Nov 2026 09:00:00 +0100',
      text: 'Mijn ketting is stuk.\n\nAnna',
    });
  });

  it.each(['Fwd: x', 'FW: x', 'Doorst: x', 'WG: x', 'TR: x', 'RV: x', 'I: x', 'ENC: x', 'PD: x', 'VB: x', '[Fwd: x'])(
    'is known by its subject where only a header block says so: %s',
    (subject) => {
      const text =
        'Kijk.\n\nVan: Anna de Vries [mailto:anna@post.example]\nVerzonden: dinsdag\nAan: Piet; Tom <tom@post.example>\nCC: eva@post.example\nOnderwerp: Ketting\n\nStuk.';
      expect(readForwarded(text, subject)).toMatchObject({
        note: 'Kijk.',
        from: ANNA,
        to: [
          { address: null, name: 'Piet' },
          { address: 'tom@post.example', name: 'Tom' },
        ],
        cc: [{ address: 'eva@post.example', name: null }],
        text: 'Stuk.',
      });
    },
  );

  it('is read without the marks of the program that quotes it, and keeps those of its writer', () => {
    const text =
      'Zie onder.\n\n> Begin forwarded message:\n>\n> From: Anna de Vries <anna@post.example>\n> Subject: Ketting\n> Date: 3 Nov 2026\n>\n> Stuk.\n> > Eerder.';
    expect(readForwarded(text, 'Ketting')).toMatchObject({ note: 'Zie onder.', from: ANNA, text: 'Stuk.\n> Eerder.' });
  });

  it('is not an answer that quotes with a header block', () => {
    const text = 'Dank.\n\nVan: Spaak <service@spaakbikes.example>\nVerzonden: dinsdag\nAan: Anna\nOnderwerp: Ketting\n\nKlaar.';
    expect(readForwarded(text, 'Re: Ketting')).toBeNull();
    expect(readForwarded(`Dank.\n\n-----Oorspronkelijk bericht-----\n${text}`, 'Re: Ketting')).toBeNull();
    expect(isForwardSubject('Re: Fwd: Ketting')).toBe(false);
  });

  it('is not made of a text that only speaks of one', () => {
    expect(readForwarded('Fwd: dit is geen doorgestuurd bericht.\nVan: harte gefeliciteerd!', 'Fwd: hoera')).toBeNull();
    expect(readForwarded('-------- Doorgestuurd bericht --------\nzonder kop', 'x')).toBeNull();
  });

  it.each([
    ['"Vries, Anna de" <anna@post.example>', 'anna@post.example', 'Vries, Anna de'],
    ['anna@post.example <mailto:anna@post.example>', 'anna@post.example', null],
    ['Anna (anna@post.example)', 'anna@post.example', 'Anna'],
    ['"baas@bank.example" <mallory@evil.example>', 'mallory@evil.example', 'baas@bank.example'],
    ['Anna', null, 'Anna'],
  ])('names who wrote it: %s', (written, address, name) => {
    const text = `-------- Doorgestuurd bericht --------\nVan: ${written}\nAan: x\n\ny`;
    expect(readForwarded(text, '')?.from).toEqual({ address, name });
  });

  it('of any text is read or is none, and no line of it is lost', () => {
    const words = fc.constantFrom(
      'Van: a@b.example',
      'Aan: x',
      'Onderwerp: y',
      'Datum: z',
      '-- Doorgestuurd bericht --',
      '',
      'Dag',
      '> Dag',
      ' ',
      ':',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 20 })), { maxLength: 40 }), (lines) => {
        const found = readForwarded(lines.join('\n'), 'Fwd: x');
        if (found === null) return;
        const all = lines.join('\n');
        for (const line of found.note.split('\n')) expect(all).toContain(line);
        for (const line of found.text.split('\n')) expect(all).toContain(line);
      }),
    );
  });

  it.each([
    ['labels', 'Van: x\n'.repeat(30_000)],
    ['separators', '-- Doorgestuurd bericht --\n'.repeat(8_000)],
    ['commas', `-- Doorgestuurd bericht --\nVan: ${','.repeat(200_000)}\nAan: x\n`],
    ['brackets', `-- Doorgestuurd bericht --\nVan: ${'<'.repeat(200_000)}\nAan: x\n`],
    ['blank lines', '\n'.repeat(200_000)],
  ])('of nothing but %s is read to the limits', (_, text) => {
    expect(readForwarded(text, 'Fwd: x')?.to.length ?? 0).toBeLessThanOrEqual(50);
  });
});
