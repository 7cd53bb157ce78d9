import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { isSignedByMeta } from './meta-signature.js';

/* Signatures made by others. They are not part of the project: where the folder is absent this says so and tests only our own. */
const CORPUS = new URL('../../../../../shared/corpora/messenger/', import.meta.url);
const isPresent = existsSync(CORPUS);
if (!isPresent) console.warn(`NOT TESTED: the signature vectors are absent (${fileURLToPath(CORPUS)}).`);

const sign = (secret: string, body: Uint8Array) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const secret = fc.string({ minLength: 1, maxLength: 40 });

describe('the signature of Meta', () => {
  it('is believed for exactly these bytes and one of these secrets', () => {
    fc.assert(
      fc.property(bytes, fc.uniqueArray(secret, { minLength: 1, maxLength: 2 }), (body, secrets) => {
        for (const one of secrets) expect(isSignedByMeta(body, sign(one, body), secrets)).toBe(true);
      }),
    );
  });

  it('is not believed for other bytes, with another secret, or in any other form', () => {
    fc.assert(
      fc.property(bytes, bytes, secret, secret, (body, other, ours, theirs) => {
        fc.pre(!body.equals(other) && ours !== theirs);
        const right = sign(ours, body);
        const forged = [
          sign(ours, other),
          sign(theirs, body),
          sign('', body),
          right.slice(0, -1),
          `${right}0`,
          right.slice('sha256='.length),
          right.toUpperCase(),
          `sha256=${right.slice('sha256='.length).toUpperCase().replace(/\d/g, 'A')}`,
          ` ${right}`,
          `${right}\n`,
          right.replace('sha256', 'sha1'),
          `sha1=${createHmac('sha1', ours).update(body).digest('hex')}`,
          `${right}, ${right}`,
          '',
        ];
        for (const header of forged) expect(isSignedByMeta(body, header, [ours])).toBe(false);
        expect(isSignedByMeta(body, undefined, [ours])).toBe(false);
      }),
    );
  });

  it('is never believed where no secret is set: everybody knows the empty one', () => {
    fc.assert(
      fc.property(bytes, (body) => {
        expect(isSignedByMeta(body, sign('', body), [])).toBe(false);
        expect(isSignedByMeta(body, sign('', body), ['', ''])).toBe(false);
      }),
    );
  });

  it('never throws, whatever the header says', () => {
    fc.assert(fc.property(bytes, fc.string(), (body, header) => !isSignedByMeta(body, header, ['secret'])));
  });
});

interface Vector {
  app_secret: string;
  body?: string;
  body_file?: string;
  sha256: string;
  sha256_if_reserialised_by_JSON_stringify_MUST_NOT_MATCH?: string;
}

(isPresent ? describe : describe.skip)('the signature vectors', () => {
  it('are believed as stated, and not for the same JSON written anew', () => {
    const { x_hub_signature_256: vectors } = JSON.parse(readFileSync(new URL('signatures/vectors.json', CORPUS), 'utf8')) as {
      x_hub_signature_256: Vector[];
    };
    expect(vectors.length).toBeGreaterThan(3);
    for (const { app_secret, body, body_file, sha256, ...more } of vectors) {
      const raw = body === undefined ? readFileSync(new URL(body_file!, CORPUS)) : Buffer.from(body);
      expect(isSignedByMeta(raw, `sha256=${sha256}`, [app_secret])).toBe(true);
      const other = more.sha256_if_reserialised_by_JSON_stringify_MUST_NOT_MATCH;
      if (other !== undefined) expect(isSignedByMeta(raw, `sha256=${other}`, [app_secret])).toBe(false);
    }
  });
});
