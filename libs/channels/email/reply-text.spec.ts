import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { htmlToText } from './html-text.js';
import { parseMail } from './parse-mail.js';
import { MAIL_LIMITS } from './parsed-mail.js';
import { quoteOriginal, type QuoteLanguage } from './quote-mail.js';
import { ReplySplitter, splitReply } from './reply-text.js';

const FIXTURES = new URL('../../../../libs/channels/email/fixtures/', import.meta.url);
const NEW = 'Dank, het wiel loopt weer recht.\n\nGroet, Tom';

function under(...quotation: string[]): string {
  return [NEW, '', ...quotation].join('\n');
}

describe('an answer is split from what it quotes', () => {
  it.each([
    [
      'Dutch, Gmail, folded',
      under('Op vr 6 nov 2026 om 09:30 schreef Spaak Bikes <', 'service@spaakbikes.example>:', '', '> Uw wiel is klaar.'),
    ],
    [
      'Dutch, Apple',
      under(
        '> Op 6 nov 2026 om 09:30 heeft Spaak Bikes <service@spaakbikes.example> het volgende geschreven:',
        '> ',
        '> Uw wiel is klaar.',
      ),
    ],
    [
      'Dutch, Outlook',
      under('Van: Spaak Bikes', 'Verzonden: vrijdag 6 november 2026 09:30', 'Aan: Tom', 'Onderwerp: Wiel', '', 'Uw wiel is klaar.'),
    ],
    ['Dutch, separator', under('-----Oorspronkelijk bericht-----', 'Van: Spaak', '', 'Uw wiel is klaar.')],
    [
      'German, Gmail',
      under('Am Fr., 6. Nov. 2026 um 09:30 Uhr schrieb Spaak Bikes <service@spaakbikes.example>:', '', '> Ihr Rad ist fertig.'),
    ],
    [
      'German, Outlook',
      under('Von: Spaak Bikes', 'Gesendet: Freitag, 6. November 2026 09:30', 'An: Tom', 'Betreff: Rad', '', 'Ihr Rad ist fertig.'),
    ],
    ['German, separator', under('-----Ursprüngliche Nachricht-----', 'Ihr Rad ist fertig.')],
    [
      'French, Gmail, folded, thin space',
      under('Le ven. 6 nov. 2026 à 09:30, Spaak Bikes <service@spaakbikes.example>', 'a écrit\u00a0:', '', '> Votre roue est prête.'),
    ],
    [
      'French, Outlook',
      under('De : Spaak Bikes', 'Envoyé : vendredi 6 novembre 2026 09:30', 'À : Tom', 'Objet : Roue', '', 'Votre roue est prête.'),
    ],
    [
      'English, Gmail, wrapped',
      under('On Fri, Nov 6, 2026 at 9:30 AM', 'Spaak Bikes <service@spaakbikes.example> wrote:', '', '> Your wheel is ready.'),
    ],
    [
      'English, Outlook, bold',
      under(
        '________________________________',
        '*From:* Spaak Bikes',
        '*Sent:* Friday, November 6, 2026',
        '*To:* Tom',
        '',
        'Your wheel is ready.',
      ),
    ],
    [
      'English, signature of the device',
      under('Sent from my iPhone', '', 'On 6 Nov 2026, at 09:30, Spaak <service@spaakbikes.example> wrote:', '', '> Ready.'),
    ],
    ['signature behind two dashes', under('-- ', 'Tom Bakker', '06 1234 5678')],
    ['nothing but the marks', under('> Uw wiel is klaar.', '>', '> Spaak Bikes')],
  ])('%s', (_, mail) => {
    const { reply, quoted } = splitReply(mail);
    expect(reply).toBe(NEW);
    expect(quoted).not.toBeNull();
  });

  it.each([
    ['es, Gmail', 'El vie, 6 nov 2026 a las 9:30, Spaak (<service@spaakbikes.example>) escribió:'],
    ['it, Gmail', 'Il giorno ven 6 nov 2026 alle ore 09:30 Spaak <service@spaakbikes.example> ha scritto:'],
    ['it, Apple', 'Il giorno 6 nov 2026, alle ore 09:30, Spaak <service@spaakbikes.example> ha scritto:'],
    ['pt, Gmail', 'Em sex., 6 de nov. de 2026 às 09:30, Spaak <service@spaakbikes.example> escreveu:'],
    ['pl, Gmail', 'pt., 6 lis 2026 o 09:30 Spaak <service@spaakbikes.example> napisał(a):'],
    ['pl, Thunderbird', 'W dniu 06.11.2026 o 09:30, Spaak pisze:'],
    ['sv, Gmail', 'Den fre 6 nov. 2026 kl 09:30 skrev Spaak <service@spaakbikes.example>:'],
    ['sv, Apple', '6 nov. 2026 kl. 09:30 skrev Spaak <service@spaakbikes.example>:'],
    ['de, Apple', 'Am 06.11.2026 um 09:30 schrieb Spaak <service@spaakbikes.example>:'],
    ['fr, Apple', 'Le 6 nov. 2026 à 09:30, Spaak <service@spaakbikes.example> a écrit :'],
    ['nl, Thunderbird', 'Op 06-11-2026 om 09:30 schreef Spaak:'],
    ['en, address in round brackets', 'Spaak Bikes (service@spaakbikes.example) wrote on 6/11/2026 9:30 AM:'],
    ['pl, Apple', 'Wiadomość napisana przez Spaak <service@spaakbikes.example> w dniu 06.11.2026, o godz. 09:30:'],
    ['cs, Gmail', 'pá 6. 11. 2026 v 9:30 odesílatel Spaak <service@spaakbikes.example> napsal:'],
    ['el, Gmail', 'Στις Παρ 6 Νοε 2026 στις 9:30 π.μ., ο χρήστης Spaak <service@spaakbikes.example> έγραψε:'],
    ['fi, Gmail', 'pe 6. marrask. 2026 klo 9.30 Spaak (service@spaakbikes.example) kirjoitti:'],
    ['hu, Gmail', 'Spaak <service@spaakbikes.example> ezt írta (időpont: 2026. nov. 6., P, 9:30):'],
    ['ja, Gmail', '2026年11月6日(金) 9:30 Spaak <service@spaakbikes.example>:'],
    ['ko, Gmail', '2026년 11월 6일 (금) 오전 9:30, Spaak <service@spaakbikes.example>님이 작성:'],
    ['ro, Gmail', 'În vin., 6 nov. 2026 la 09:30, Spaak <service@spaakbikes.example> a scris:'],
    ['tr, Gmail', 'Spaak <service@spaakbikes.example>, 6 Kas 2026 Cum, 09:30 tarihinde şunu yazdı:'],
    ['vi, Gmail', 'Vào Th 6, 6 thg 11, 2026 vào lúc 09:30 Spaak <service@spaakbikes.example> đã viết:'],
    ['zh, Gmail', 'Spaak <service@spaakbikes.example> 于2026年11月6日周五 09:30写道：'],
    ['zh, Apple', '在 2026年11月6日，09:30，Spaak 写道：'],
  ])('by the line above it: %s', (_, line) => {
    expect(splitReply(under(line, '', '> Klaar.')).reply).toBe(NEW);
    expect(
      splitReply(
        '',
        `<p>Dank, het wiel loopt weer recht.</p><p>Groet, Tom</p><p>${line.replaceAll('<', '&lt;')}</p><blockquote>Klaar.</blockquote>`,
      ).reply,
    ).toBe(NEW);
  });

  it.each([
    ['es', 'De', 'Enviado', 'Para', 'Asunto', 'Mensaje original'],
    ['it', 'Da', 'Inviato', 'A', 'Oggetto', 'Messaggio originale'],
    ['pt', 'De', 'Enviada em', 'Para', 'Assunto', 'Mensagem original'],
    ['pl', 'Od', 'Wysłano', 'Do', 'Temat', 'Wiadomość oryginalna'],
    ['sv', 'Från', 'Skickat', 'Till', 'Ämne', 'Ursprungligt meddelande'],
    ['cs', 'Od', 'Odesláno', 'Komu', 'Předmět', 'Původní zpráva'],
    ['fi', 'Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe', 'Alkuperäinen viesti'],
    ['ja', '差出人', '送信日時', '宛先', '件名', '元のメッセージ'],
    ['zh', '发件人', '发送时间', '收件人', '主题', '原始邮件'],
  ])('by the header block or the separator of Outlook: %s', (_, from, sent, to, subject, separator) => {
    const block = [`${from}: Spaak`, `${sent}: 6-11-2026 09:30`, `${to}: Tom`, `${subject}: Wiel`, '', 'Klaar.'];
    expect(splitReply(under(...block)).reply).toBe(NEW);
    expect(splitReply(under(`-----${separator}-----`, 'Klaar.')).reply).toBe(NEW);
  });

  it.each([
    'Enviado desde mi iPhone',
    'Inviato da iPhone',
    'Enviado do meu iPhone',
    'Wysłane z iPhone’a',
    'Skickat från min iPhone',
    'Obtenir Outlook pour iOS',
    'Holen Sie sich Outlook für Android<https://aka.ms/x>',
    'Get [Outlook for iOS](https://aka.ms/x)',
    '[Sent from my iPhone]',
    'Verzonden vanuit Mail voor Windows',
    'Hent Outlook til iOS',
  ])('without the advertisement of the device: %s', (line) => {
    expect(splitReply(under(line)).reply).toBe(NEW);
  });

  it('where the program broke a quoted line in two and marked only the first half', () => {
    const long = `> ${'woord '.repeat(12)}dat de ketting,`;
    expect(splitReply(under('Op 06-11-2026 om 09:30 schreef Spaak:', long, 'die nieuw is, past.', '> Groet')).reply).toBe(NEW);
    // What begins a sentence, or follows a question, is an answer.
    const between = under('Op 06-11-2026 om 09:30 schreef Spaak:', '> Past donderdag u?', 'ja', '> Groet');
    expect(splitReply(between)).toEqual({ reply: between, quoted: null });
  });

  it('by its headers where To comes first, or where the separator above them lost its dashes', () => {
    const block = ['Da: Spaak', 'Data: 6 nov 2026', 'A: Tom', 'Oggetto: Ruota', '', 'Pronto.'];
    expect(splitReply(under('Messaggio originale', ...block)).reply).toBe(NEW);
    expect(splitReply(under('To: Tom', 'From: Spaak', 'Date: 6 Nov 2026', 'Subject: Wheel', '', 'Ready.')).reply).toBe(NEW);
    const own = under('To: whom it concerns', 'I know of nobody.', 'From: me', 'Date: today');
    expect(splitReply(own)).toEqual({ reply: own, quoted: null });
  });

  it('from the line of a help desk on: what is to be answered stands below', () => {
    for (const line of [
      '##- Please type your reply above this line -##',
      '-- Reply above this line --',
      '--- Antwoord boven deze regel ---',
    ])
      expect(splitReply(under(line, '', 'Klaar.')).reply).toBe(NEW);
    expect(
      splitReply(under('---- On Fri, 06 Nov 2026 09:30:00 +0100 Spaak<service@spaakbikes.example> wrote ---', '', 'Klaar.')).reply,
    ).toBe(NEW);
  });

  it('under a line that says only who, where what stands below is marked and not merely indented', () => {
    for (const line of ['Spaak Bikes wrote:', 'In article <abc@post.example> Spaak writes:', 'Spaak schreef:'])
      expect(splitReply(under(line, '> Klaar.')).reply).toBe(NEW);
    expect(splitReply('', '<p>De monteur schreef:</p><blockquote>Rem stuk.</blockquote>').quoted).toBeNull();
  });

  it('where the line above it says no more than when and who', () => {
    expect(splitReply(under('2026-11-06 09:30 GMT+01:00 Spaak Bikes', '', 'Klaar.')).reply).toBe(NEW);
  });

  it('in every language in which we quote ourselves', () => {
    for (const language of ['nl', 'de', 'fr', 'en'] satisfies QuoteLanguage[]) {
      const original = {
        author: 'Spaak Bikes',
        sentAt: new Date('2026-11-06T08:30:00Z'),
        text: 'Klaar.',
        language,
        timeZone: 'Europe/Amsterdam',
      };
      expect(splitReply(under(quoteOriginal(original).text)).reply).toBe(NEW);
      expect(splitReply('', `<p>${NEW.replace('\n\n', '</p><p>')}</p>${quoteOriginal(original).html}`).reply).toBe(NEW);
    }
  });

  it.each([
    ['Gmail', '<div>Dank.</div><div class="gmail_quote"><div>Op vr schreef Piet:</div><blockquote>Klaar.</blockquote></div>'],
    [
      'Outlook on the web',
      '<div>Dank.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Van:</b> Piet</div><div>Klaar.</div>',
    ],
    [
      'Outlook',
      '<p>Dank.</p><div style="border:none; border-top:solid #E1E1E1 1.0pt; padding:3.0pt 0in 0in 0in"><b>Van:</b> Piet</div><p>Klaar.</p>',
    ],
    ['new Outlook', '<p>Dank.</p><div id="mail-editor-reference-message-container"><p>Klaar.</p></div>'],
    ['Apple', 'Dank.<br><blockquote type="cite"><div>On 6 Nov Piet wrote:</div>Klaar.</blockquote>'],
    [
      'Thunderbird',
      '<p>Dank.</p><div class="moz-cite-prefix">Op 06-11-2026 schreef Piet:</div><blockquote type="cite">Klaar.</blockquote>',
    ],
    ['Yahoo', '<div>Dank.</div><div class="yahoo_quoted">Klaar.</div>'],
    ['Proton', '<div>Dank.</div><div class="protonmail_quote">Klaar.</div>'],
    [
      'one that only indents, under a line that says so',
      '<p>Dank.</p><p>06.11.2026, 09:30, "Piet" &lt;piet@x.example&gt;:</p><blockquote>Klaar.</blockquote>',
    ],
  ])('by the marks of its mail program: %s', (_, html) => {
    expect(splitReply('Dank.\nKlaar.', html)).toMatchObject({ reply: 'Dank.', quoted: expect.stringContaining('Klaar.') as unknown });
  });

  it('and the split loses no line', async () => {
    for (const name of ['reply-gmail.eml', 'reply-outlook.eml']) {
      const { split } = await parseMail(await readFile(new URL(name, FIXTURES)), MAIL_LIMITS);
      expect(split.reply).not.toMatch(/Spaak Bikes/);
      expect(split.quoted).toMatch(/Spaak Bikes/);
    }
    const words = fc.constantFrom(
      'Dag',
      '> Klaar',
      'Van: Piet',
      'Verzonden: vandaag',
      'Aan: Tom',
      'Op vr 6 nov 2026 om 09:30 schreef Piet <a@b.example>:',
      '-- ',
      '',
      '---',
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 30 }), (lines) => {
        const { reply, quoted } = splitReply(lines.join('\n'));
        const kept = [...reply.split('\n'), ...(quoted ?? '').split('\n')].map((line) => line.trim()).filter(Boolean);
        expect(kept.toSorted()).toEqual(
          lines
            .map((line) => line.trim())
            .filter(Boolean)
            .toSorted(),
        );
      }),
    );
  });
});

describe('nothing is cut', () => {
  it('from a mail answered between the lines', async () => {
    const { text, split } = await parseMail(await readFile(new URL('answers-between.eml', FIXTURES)), MAIL_LIMITS);
    expect(split).toEqual({ reply: text.trim(), quoted: null });
  });

  it('when nothing would be left', () => {
    const forwarded = '-----Oorspronkelijk bericht-----\nVan: Spaak\n\nUw wiel is klaar.';
    expect(splitReply(forwarded)).toEqual({ reply: forwarded, quoted: null });
  });

  it.each([
    'Op de markt kocht ik in 2019 een fiets, en die is nu stuk.\nWat kost een ketting?',
    'On the surface it works.\nOn 3 points I wrote:\n- chain\n- brake',
    'Beste,\n\nOp maandag 3 november 2026 schreef ik u over mijn ketting.\nIk wacht nog op antwoord.',
    'Van: de fiets van mijn vrouw is de ketting stuk.\nKan dat donderdag?',
    'Ik stuur dit verzonden vanaf mijn iPhone scherm, ziet u de foto?\nHij is donker.',
    'Punten:\n-- ketting\n-- rem\n\nDank!',
  ])('from what only looks like a quotation: %j', (mail) => {
    expect(splitReply(mail)).toEqual({ reply: mail, quoted: null });
  });

  it('from HTML in which a paragraph is indented for its own sake', () => {
    expect(splitReply('', '<p>Dit stond op de bon:</p><blockquote>Ketting 12,50</blockquote>')).toEqual({
      reply: 'Dit stond op de bon:\n\nKetting 12,50',
      quoted: null,
    });
  });
});

describe('a mail made to stop the program', () => {
  const hostile: [string, (size: number) => string][] = [
    ['empty lines', (size) => '\n'.repeat(size)],
    ['dashes', (size) => '-'.repeat(size)],
    ['a date that never ends', (size) => 'On a b '.repeat(size / 7)],
    ['announcements that never are', (size) => 'On 3 Nov 2026 at 10:00 x\n'.repeat(size / 25)],
    ['announcements without a quotation', (size) => 'On 3 Nov 2026 at 10:00 he wrote:\nx\n'.repeat(size / 35)],
    ['labels', (size) => 'From: x\n'.repeat(size / 8)],
    ['spaces', (size) => ' '.repeat(size)],
    ['marks', (size) => '>'.repeat(size)],
    ['separators', (size) => '--- x ---\n'.repeat(size / 10)],
    ['speakers', (size) => 'x wrote:\n'.repeat(size / 9)],
    ['labels of To', (size) => 'To: x\n\n'.repeat(size / 7)],
  ];

  it.each(hostile)('%s: costs in proportion to its length, and not more than a fixed amount', (_, make) => {
    const work = (size: number): number => {
      const splitter = new ReplySplitter(make(size));
      splitter.split();
      return splitter.linesExamined;
    };
    const [small, large, huge] = [work(20_000), work(200_000), work(2_000_000)];
    expect(large).toBeLessThanOrEqual(Math.max(100, small * 12));
    // 2,000 lines, each looked at a bounded number of times.
    expect(huge).toBeLessThanOrEqual(2_000 * 20);
  });

  it('of HTML nested a hundred thousand deep, or cut in the middle of a tag, still becomes text', () => {
    for (const html of [
      '<blockquote>'.repeat(100_000),
      '<div class="'.repeat(20_000),
      '<!--'.repeat(50_000),
      '<a href="'.repeat(20_000),
      '&#'.repeat(100_000),
    ]) {
      expect(typeof splitReply('Dag', html).reply).toBe('string');
    }
  });
});

describe('HTML as text', () => {
  it('reads as a person would: paragraphs, lists, links with another name, no style, script or hidden text', () => {
    const html = `<html><head><title>T</title><style>p{}</style></head><body><p>Dag&nbsp;Anna &amp; Tom,</p><ul><li>een<li>twee</ul>
      <a href="https://spaakbikes.example/a">hier</a> <a href="https://x.example">https://x.example</a><script>x()</script>
      <span style="display: none">verborgen</span><pre>a\n  b</pre><table><tr><td>1</td><td>2</td></tr></table></body></html>`;
    expect(htmlToText(html).text).toBe(
      'Dag\u00a0Anna & Tom,\n\n- een\n- twee\n\nhier <https://spaakbikes.example/a> https://x.example\n\na\n  b\n\n1 2',
    );
  });
});
