import { classifyMail, mayAutoAnswer, type ClassifiedHeaders } from './mail-class.js';

function headers(values: Record<string, string>, parts: string[] = ['text/plain']): ClassifiedHeaders {
  return {
    all: (name) => (values[name] === undefined ? [] : [values[name]]),
    fromAddress: values.from ?? 'anna@post.example',
    subject: values.subject ?? 'Vraag',
    text: values.text ?? 'Kan het morgen?',
    partTypes: new Set(parts),
  };
}

describe('the class of a mail', () => {
  it.each([
    ['human', {}],
    ['human', { 'auto-submitted': 'no' }],
    ['human', { 'auto-submitted': 'No (really)' }],
    ['human', { 'x-auto-response-suppress': 'DR, RN, NRN, OOF, AutoReply' }],
    ['human', { subject: 'Out of office' }],
    ['human', { from: 'noreply@webform.example' }],
    ['auto_reply', { 'auto-submitted': 'auto-replied; owner-email="x@y"' }],
    ['auto_reply', { precedence: 'auto_reply' }],
    ['auto_reply', { 'x-autoreply': 'yes' }],
    ['auto_reply', { subject: 'Automatische Antwort: Ihre Anfrage', 'x-auto-response-suppress': 'All' }],
    ['auto_generated', { 'auto-submitted': 'auto-generated' }],
    ['auto_generated', { precedence: 'bulk' }],
    ['auto_generated', { 'return-path': '<>', from: 'robot@post.example' }],
    ['receipt', { 'content-type': 'multipart/report; report-type=disposition-notification; boundary=x' }],
    ['complaint', { 'content-type': 'multipart/report; report-type="feedback-report"; boundary=x', 'auto-submitted': 'auto-generated' }],
    ['auto_generated', { 'content-type': 'multipart/report; report-type=tlsrpt; boundary=x' }],
    ['bounce', { subject: 'Mail delivery failed: returning message to sender', from: 'ndr@post.example' }],
    ['human', { subject: 'Re: Mail delivery failed: returning message to sender' }],
    ['human', { subject: 'Mail delivery failed: what now?' }],
    ['list', { 'list-id': '<leden.fietsers.example>', precedence: 'bulk' }],
    ['list', { precedence: 'list' }],
    ['bounce', { 'content-type': 'multipart/report; boundary=x; report-type="delivery-status"', 'auto-submitted': 'auto-replied' }],
    ['bounce', { 'x-failed-recipients': 'gone@post.example' }],
    ['bounce', { from: 'MAILER-DAEMON@mx.post.example' }],
    ['bounce', { from: 'postmaster@post.example', subject: 'Undeliverable: Vraag' }],
  ] as const)('is %s for %j', (mailClass, values) => {
    expect(classifyMail(headers(values))).toBe(mailClass);
  });

  it('is a bounce where nothing but the news stands in it, whoever sent it, and not where a person speaks of one', () => {
    const news = '*****\nYour message to Tom could not be delivered:\n\n  tom@post.example\n';
    const nouvelle = "Votre message n'a pas pu être remis à\ntom@post.example\n";
    const classOf = (text: string, subject = 'Delivery failure') => classifyMail(headers({ text, subject }));
    expect(
      [news, nouvelle, `Uw bericht aan Tom kon niet worden bezorgd.\n\nOntvanger: tom@post.example`].map((text) => classOf(text)),
    ).toEqual(['bounce', 'bounce', 'bounce']);
    expect(classOf(news, 'Vraag')).toBe('human');
    for (const text of [
      `Dag, ik kreeg dit terug:\n\n${news}`,
      news.replaceAll(/^/gm, '> '),
      'Your message was not delivered to me.\nGroet, Tom',
    ])
      expect(classOf(text)).toBe('human');
  });

  it('is a bounce where a delivery report lies inside', () => {
    expect(classifyMail(headers({}, ['multipart/mixed', 'text/plain', 'message/delivery-status']))).toBe('bounce');
  });
});

describe('the class by what lies inside', () => {
  it.each([
    ['receipt', ['multipart/mixed', 'message/disposition-notification'], {}],
    ['complaint', ['multipart/mixed', 'message/feedback-report'], {}],
    ['complaint', ['multipart/mixed', 'message/rfc822'], { subject: 'complaint about message from 192.0.2.7' }],
    ['human', ['text/plain'], { subject: 'complaint about message from 192.0.2.7' }],
    ['calendar', ['multipart/alternative', 'text/plain', 'text/calendar'], {}],
    ['auto_reply', ['multipart/alternative', 'text/calendar'], { 'auto-submitted': 'auto-replied' }],
    ['bounce', ['multipart/mixed', 'message/rfc822'], { from: 'postmaster@post.example' }],
  ] as const)('is %s for %j and %j', (mailClass, parts, values) => {
    expect(classifyMail(headers(values, [...parts]))).toBe(mailClass);
  });
});

describe('an automatic answer', () => {
  it('goes to a person, and to nobody who asked to be spared or is no person', () => {
    const answered = (values: Record<string, string>): boolean => mayAutoAnswer(headers(values), classifyMail(headers(values)));
    expect(answered({})).toBe(true);
    const spared: Record<string, string>[] = [
      { 'x-auto-response-suppress': 'OOF' },
      { 'x-auto-response-suppress': 'All' },
      { from: 'no-reply@shop.example' },
      { from: 'postmaster@shop.example' },
      { 'x-loop': 'service@spaakbikes.example' },
      { 'return-path': '<>' },
      { 'list-unsubscribe': '<https://x.example>' },
    ];
    for (const values of spared) expect(answered(values)).toBe(false);
  });
});
