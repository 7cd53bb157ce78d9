import fc from 'fast-check';
import { KeptLog } from '../../test/kept-log.js';
import { type LogFields } from './log.js';

const CANARY = 'canary-4711';

/** What somebody wrote may reach our code in any field and any error. It must not reach a log line from there. */
describe('a log line', () => {
  const linesOf = (write: (log: KeptLog) => void) => {
    const log = new KeptLog();
    write(log);
    expect(log.lines).toHaveLength(1);
    return log.lines[0]!;
  };

  it('holds the event, the time, the level and the declared fields', () => {
    const line = JSON.parse(
      linesOf((log) => log.info('delivery_read', { count: 3, tenantId: 'a-b', channel: 'email', code: null })),
    ) as object;
    expect(line).toEqual({
      level: 30,
      time: expect.any(String) as string,
      event: 'delivery_read',
      count: 3,
      tenantId: 'a-b',
      channel: 'email',
      code: null,
    });
  });

  it('holds no field that is not declared, whatever it is called and whatever is in it', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => !(text in { code: 0, kind: 0, host: 0, job: 0, step: 0, role: 0, port: 0 }));
    const value = fc.anything({ values: [fc.constant(CANARY), fc.constant({ text: CANARY }), fc.constant([CANARY])] });
    fc.assert(
      fc.property(
        fc.dictionary(fc.oneof(name, fc.constantFrom('text', 'body', 'email', 'password', 'message', 'event', '__proto__')), value),
        (fields) => {
          expect(linesOf((log) => log.warn('something_odd', fields as LogFields))).not.toContain(CANARY);
        },
      ),
    );
  });

  it('holds no free text in a declared field: what has spaces, line ends or other signs is dropped', () => {
    const freeText = fc
      .tuple(fc.string(), fc.constantFrom(' ', '\n', 'é', '"', '🚲', '\0', "'", ';'), fc.string())
      .map(([a, sign, b]) => `${a}${sign}${CANARY}${b}`);
    fc.assert(
      fc.property(fc.constantFrom('code', 'kind', 'host', 'route', 'step', 'requestId'), freeText, (field, text) => {
        expect(linesOf((log) => log.info('something', { [field]: text }))).not.toContain(CANARY);
      }),
    );
    expect(linesOf((log) => log.info('something', { code: 'x'.repeat(501) }))).not.toContain('xxx');
    expect(linesOf((log) => log.info('something', { code: { text: CANARY } } as unknown as LogFields))).not.toContain(CANARY);
  });

  it('holds nothing of an error’s message, nor of what hangs on it', () => {
    const around = fc.oneof(fc.string(), fc.constantFrom('\n', '\n    at ', '\n    at x (', '    at file:///', '\n\n'));
    fc.assert(
      fc.property(around, around, fc.boolean(), (before, after, isLate) => {
        const message = `${before}${CANARY}${after}`;
        const error = new TypeError(isLate ? 'first' : message, { cause: new Error(message) });
        if (isLate) error.message = message;
        Object.assign(error, { detail: message, query: message, parameters: [message], code: `${message} ` });
        const line = linesOf((log) => log.error('job_failed', error, { job: 'send-message' }));
        expect(line).not.toContain(CANARY);
        expect(JSON.parse(line)).toMatchObject({ errorName: 'TypeError', job: 'send-message' });
      }),
    );
  });

  it('holds what helps to find an error: its name, its code, and where it was thrown', () => {
    class ReadingFailed extends Error {
      readonly code = '23505';
    }
    const line = JSON.parse(linesOf((log) => log.error('reading_failed', new ReadingFailed('no')))) as { stack: string[] };
    expect(line).toMatchObject({ level: 50, event: 'reading_failed', errorName: 'ReadingFailed', errorCode: '23505' });
    expect(line.stack[0]).toMatch(/log\.spec/);
    expect(line.stack.length).toBeLessThanOrEqual(12);
  });

  it.each([[CANARY], [{ message: CANARY }], [[CANARY]], [null], [undefined]])(
    'holds nothing of what was thrown when that is no error: %j',
    (thrown) => {
      expect(linesOf((log) => log.error('odd', thrown))).not.toContain(CANARY);
    },
  );
});
