import { createHmac } from 'node:crypto';

const NOT_ASCII = /[\u007f-\uffff]/g;

/**
 * JSON as the Graph API writes it: compact and pure ASCII, `\uXXXX` in lower-case hex, `/` as `\/`. Parsing and writing
 * it again gives other bytes, which is what makes a signature over re-serialised JSON fail.
 *
 * Source   https://developers.facebook.com/docs/messenger-platform/webhooks ("escaped unicode version of the payload")
 */
export function wireJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Both signature headers over the exact bytes, keyed with the app secret. */
export function signatureHeaders(appSecret: string, bytes: Buffer): { 'X-Hub-Signature-256': string; 'X-Hub-Signature': string } {
  const hmac = (algorithm: string): string => createHmac(algorithm, appSecret).update(bytes).digest('hex');
  return { 'X-Hub-Signature-256': `sha256=${hmac('sha256')}`, 'X-Hub-Signature': `sha1=${hmac('sha1')}` };
}
