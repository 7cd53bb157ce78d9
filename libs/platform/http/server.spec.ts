import 'reflect-metadata';
import { BadRequestException, Controller, Get, Module, Post, Body, Param } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { KeptLog } from '../../../test/kept-log.js';
import { createTestDatabase, type TestDatabase } from '../../../test/test-database.js';
import { Database } from '../database.js';
import { notFound, Refusal, type RefusalKind } from '../refusal.js';
import { createServer } from './server.js';

const RAW_BYTES_MAX = 1000;
const WAYS_TO_FAIL: Record<string, () => unknown> = {};

@Controller()
class TestController {
  @Get('fail/:how')
  async fail(@Param('how') how: string): Promise<unknown> {
    return await WAYS_TO_FAIL[how]!();
  }

  @Post('raw/bytes')
  raw(@Body() body: unknown): { bytes: number } {
    return { bytes: Buffer.isBuffer(body) ? body.length : -1 };
  }
}

@Module({ controllers: [TestController] })
class TestModule {}

describe('what goes wrong behind a door', () => {
  let app: NestFastifyApplication;
  let url: string;
  let log: KeptLog;

  beforeAll(async () => {
    log = new KeptLog();
    app = await createServer(TestModule, log, [{ pathPrefix: '/raw/', bodyBytesMax: RAW_BYTES_MAX }]);
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  beforeEach(() => log.lines.splice(0));
  afterAll(() => app.close());

  const failing = async (how: () => unknown) => {
    WAYS_TO_FAIL['this'] = how;
    const answer = await fetch(`${url}/fail/this`);
    return { status: answer.status, body: (await answer.json()) as { error: { code: string; message: string } } };
  };
  const throwing = (error: unknown) => () => {
    // Whatever is thrown: that it may be no error is the point.
    throw error as Error;
  };

  it.each<[RefusalKind, number]>([
    ['invalid', 400],
    ['unauthenticated', 401],
    ['forbidden', 403],
    ['not_found', 404],
    ['conflict', 409],
    ['too_large', 413],
    ['unsupported_type', 415],
    ['unprocessable', 422],
    ['too_many', 429],
    ['unavailable', 503],
  ])('is said as it is when it is a refusal: %s is %d, and no line of the log', async (kind, status) => {
    const fields = [{ path: 'a', message: 'b' }];
    const { body, ...rest } = await failing(throwing(new Refusal(kind, 'a_code', 'A sentence.', fields)));
    expect({ ...rest, body }).toEqual({ status, body: { error: { code: 'a_code', message: 'A sentence.', fields } } });
    expect(log.lines).toEqual([]);
  });

  it('is said to nobody when it is our own mistake, and logged without its message', async () => {
    const { status, body } = await failing(throwing(new TypeError('canary: duplicate key (email)=(canary@spaak.example)')));
    expect([status, body.error.code]).toEqual([503, 'internal']);
    expect(JSON.stringify(body)).not.toContain('canary');
    expect(log.has('request_failed', { errorName: 'TypeError', route: '/fail/:how', method: 'GET' })).toBe(true);
    expect(log.lines.join('')).not.toContain('canary');
  });

  it.each([['text'], [null], [undefined], [{ statusCode: 500, message: 'canary' }]])(
    'is answered even when what was thrown is %j',
    async (thrown) => {
      const { status, body } = await failing(throwing(thrown));
      expect([status, JSON.stringify(body).includes('canary')]).toEqual([503, false]);
    },
  );

  it('is answered in the one shape when the framework says it', async () => {
    expect(await failing(throwing(new BadRequestException('canary')))).toEqual({
      status: 400,
      body: { error: { code: 'malformed', message: 'The request could not be read.' } },
    });
    expect((await failing(throwing(notFound()))).status).toBe(404);
  });

  describe('is an outage', () => {
    let database: TestDatabase;
    let db: Database;
    beforeAll(async () => {
      database = await createTestDatabase();
      db = new Database(
        await new DataSource({ type: 'postgres', url: database.urls.app, extra: { max: 1, connectionTimeoutMillis: 100 } }).initialize(),
      );
    });
    afterAll(async () => {
      await db.close();
      await database.drop();
    });

    it.each<[string, () => Promise<unknown>]>([
      ['nobody listens', () => new Client({ host: '127.0.0.1', port: 1 }).connect()],
      ['its socket is gone', () => new Client({ host: '/nowhere' }).connect()],
      ['it ends our connection', () => db.query('select pg_terminate_backend(pg_backend_pid())')],
      ['it has no connection left', () => db.inInstallation(() => db.inInstallation((tx) => tx.query('select 1')))],
    ])('when the database does not answer because %s: 503, to be tried again', async (_, ask) => {
      const { status, body } = await failing(ask);
      expect([status, body.error.code]).toEqual([503, 'unavailable']);
    });
  });

  describe('with raw bytes', () => {
    const send = (bytes: number, more: RequestInit = {}) =>
      fetch(`${url}/raw/bytes`, { method: 'POST', body: Buffer.alloc(bytes), ...more });

    it('is nothing up to the door’s own limit, whatever type they are called', async () => {
      for (const type of ['application/json', 'message/rfc822', 'text/plain']) {
        const answer = await send(RAW_BYTES_MAX, { headers: { 'content-type': type } });
        expect([answer.status, await answer.json()]).toEqual([201, { bytes: RAW_BYTES_MAX }]);
      }
    });

    it('is "too large" beyond it, whether they said how many they are or not', async () => {
      expect((await send(RAW_BYTES_MAX + 1)).status).toBe(413);
      const body = new ReadableStream({
        start: (controller) => {
          controller.enqueue(Buffer.alloc(RAW_BYTES_MAX + 1));
          controller.close();
        },
      });
      const undeclared = await send(0, { body, duplex: 'half', headers: { 'content-type': 'message/rfc822' } });
      expect(undeclared.status).toBe(413);
    });
  });
});
