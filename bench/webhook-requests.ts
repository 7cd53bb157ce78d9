import { createHmac } from 'node:crypto';
import { DEMO_APP } from '../apps/simulator/index.js';

export interface Said {
  pageId: string;
  psid: string;
  mid: string;
  text: string;
  atMs: number;
}

/** A message as Meta's servers post it: the bytes of the body. */
export function webhookBody({ pageId, psid, mid, text, atMs }: Said): Buffer {
  const message = { mid, text };
  const messaging = [{ sender: { id: psid }, recipient: { id: pageId }, timestamp: atMs, message }];
  return Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: pageId, time: atMs, messaging }] }));
}

/** The same with the head and signature that Meta sends, ready for the wire: signing costs the measurement nothing. */
export function webhookRequest(url: URL, body: Buffer): Buffer {
  const signature = createHmac('sha256', DEMO_APP.secret).update(body).digest('hex');
  const head = [
    'POST /webhooks/messenger HTTP/1.1',
    `Host: ${url.host}`,
    'User-Agent: facebookexternalua',
    'Accept: */*',
    'Content-Type: application/json',
    `Content-Length: ${String(body.length)}`,
    `X-Hub-Signature: sha1=${signature.slice(0, 40)}`,
    `X-Hub-Signature-256: sha256=${signature}`,
    '\r\n',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
