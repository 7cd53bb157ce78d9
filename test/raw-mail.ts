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

export interface StructuredMail {
  from: string;
  to?: string;
  /** Its Content-Type. */
  type?: string;
  /** Whole lines, above the usual ones. */
  headers?: readonly string[];
  /** As it stands, parts and all. */
  body: string;
}

/** A mail of any structure, byte by byte. */
export function structuredMail({
  from,
  to = 'help@spaak.example',
  type = 'text/plain; charset=utf-8',
  headers = [],
  body,
}: StructuredMail): Buffer {
  const lines = [
    ...headers,
    `From: ${from}`,
    `To: ${to}`,
    'Subject: Hello',
    'Date: Tue, 3 Nov 2026 09:12:04 +0100',
    `Message-ID: <structured-${String(mails++)}@mail.example>`,
    'MIME-Version: 1.0',
    `Content-Type: ${type}`,
    '',
    body,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}
