import fc from 'fast-check';
import { providersName } from './providers-name.js';

const mail = (...lines: string[]) => Buffer.from([...lines, '', 'body', 'Authentication-Results: body.example; dkim=pass'].join('\r\n'));

describe('the name under which a mailbox’ provider vouches for mail', () => {
  it('is that of the topmost line above the first server', () => {
    const raw = mail(
      'Delivered-To: help@firm.example',
      'Received: by 10.0.0.1 with SMTP id a; Mon, 2 Nov 2026 10:00:00 +0000',
      'Authentication-Results: MX.Provider.example 1;',
      '\tdkim=pass header.d=firm.example',
      'Authentication-Results: relay.example; spf=pass',
      'Received: from relay.example by mx.provider.example; Mon, 2 Nov 2026 10:00:00 +0000',
      'From: help@firm.example',
    );
    expect(providersName(raw)).toBe('mx.provider.example');
  });

  it('is nobody’s where the line stands below every server: then it was there when the mail set out', () => {
    const received = 'Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000';
    expect(providersName(mail(received, 'Authentication-Results: forged.example; dmarc=pass'))).toBeNull();
    expect(providersName(mail('Authentication-Results: forged.example; dmarc=pass'))).toBeNull();
  });

  it('is nobody’s where there is no such line, or it names no server', () => {
    const received = 'Received: from a by b; Mon, 2 Nov 2026 10:00:00 +0000';
    for (const line of [
      'X-Nothing: 1',
      'Authentication-Results: dkim=pass',
      'Authentication-Results: ;',
      'Authentication-Results: com; dkim=pass',
    ]) {
      expect(providersName(mail(line, received))).toBeNull();
    }
  });

  it('can be looked for in anything', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => void providersName(Buffer.from(bytes))));
  });
});
