export interface RawMail {
  from: string;
  to?: string;
  subject?: string;
  messageId?: string | null;
  text?: string;
  headers?: Record<string, string>;
}

let mails = 0;

/** A mail as somebody's program would write it, byte by byte. `messageId` null: without one. */
export function rawMail({
  from,
  to = 'help@spaak.example',
  subject = 'A question',
  messageId,
  text = 'Hello.',
  headers = {},
}: RawMail): Buffer {
  const id = messageId === undefined ? `<raw-${String(mails++)}@mail.example>` : messageId;
  const lines = [
    `From: ${from}`,
    `To: ${to}`,
    `Subject: ${subject}`,
    'Date: Tue, 3 Nov 2026 09:12:04 +0100',
    ...(id === null ? [] : [`Message-ID: ${id}`]),
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    ...text.split('\n'),
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
