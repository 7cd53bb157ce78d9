import { asChannelError, isSenderRefused, whoPutOff } from './smtp-refusal.js';
import { MailNotSent, remedyForReply, type SmtpStep } from './smtp-remedy.js';

function refused(response: string, step: SmtpStep): MailNotSent {
  const code = Number(response.slice(0, 3));
  const phase = step === 'text' ? 'verdict' : 'envelope';
  return Object.assign(new MailNotSent(remedyForReply(code, phase), `smtp_${String(code)}`, phase, response), { step });
}

describe('a refusal', () => {
  it.each([
    ['553 5.7.1 Not yours', 'sender'],
    ['501 5.1.7 Bad sender address syntax', 'sender'],
    ['550 5.7.1 refused', 'sender'],
    ['553 5.7.1 <help+b1@x.example>: Sender address rejected: not owned by user help', 'recipients'],
    ['554 5.2.252 SendAsDenied; help@x.example not allowed to send as help+b1@x.example', 'text'],
  ] as const)('of the sender is one where it is about the sender: %s at %s', (response, step) => {
    expect(isSenderRefused(refused(response, step))).toBe(true);
  });

  it.each([
    ['550 5.1.1 No such person here', 'recipients'],
    ['554 5.7.1 Rejected: looks like advertising', 'text'],
    ['552 5.3.4 Too large', 'text'],
    ['451 4.3.0 sender verification is slow today', 'recipients'],
  ] as const)('of something else is none: %s at %s', (response, step) => {
    expect(isSenderRefused(refused(response, step))).toBe(false);
  });

  it('for now rests the recipient’s domain, or our own server where it was said before anybody was named', () => {
    expect(whoPutOff(refused('450 4.2.0 Greylisted', 'recipients'))).toBe('domain');
    expect(whoPutOff(refused('451 4.3.0 busy', 'text'))).toBe('domain');
    expect(whoPutOff(refused('421 4.7.0 too many', 'sender'))).toBe('relay');
    expect(whoPutOff(new MailNotSent('try_later', 'smtp_421', 'connect', '421 later'))).toBe('relay');
    expect(whoPutOff(new MailNotSent('try_later', 'connection_failed', 'connect', null))).toBe('relay');
  });

  it('for now rests nobody when it is about one full mailbox, is for good, or leaves it open', () => {
    expect(whoPutOff(refused('452 4.2.2 Mailbox full', 'recipients'))).toBeNull();
    expect(whoPutOff(refused('550 5.1.1 nobody', 'recipients'))).toBeNull();
    expect(whoPutOff(new MailNotSent('unknown', 'connection_lost', 'verdict', null))).toBeNull();
    expect(whoPutOff(new MailNotSent('try_later', 'connection_lost', 'data', null))).toBeNull();
  });

  it('is told in one line, with the server’s own words', () => {
    const { reason } = asChannelError(refused('550-5.7.1 Too much\r\n550 5.7.1 mail\u0007 today', 'text'));
    expect(reason).toBe('The mail server refused it: 550-5.7.1 Too much 550 5.7.1 mail today');
  });
});
