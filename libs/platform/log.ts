import { Injectable } from '@nestjs/common';
import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * What a log line may hold: ids, codes, counts and durations, by name. Anything else is dropped before it is written, so that a
 * message text or a secret handed over by mistake never reaches a log. The names are declared here and nowhere else.
 */
const ALLOWED_FIELDS = [
  'attempt',
  'channel',
  'code',
  'connectionId',
  'conversationId',
  'count',
  'deliveryId',
  'durationMs',
  'errorCode',
  'errorName',
  'hash',
  'host',
  'job',
  'jobId',
  'kind',
  'messageId',
  'method',
  'port',
  'requestId',
  'role',
  'route',
  'seq',
  'sizeBytes',
  'stack',
  'status',
  'step',
  'subcode',
  'tenantId',
  'traceId',
  'workerId',
] as const;

export type LogField = (typeof ALLOWED_FIELDS)[number];
export type LogFields = Partial<Record<LogField, string | number | boolean | null>>;

const VALUE_LENGTH_MAX = 500;
const STACK_FRAMES_MAX = 12;
// A field's value is a name, a code or an id. Free text has spaces, so a value with one is not what the field is for.
const VALUE = /^[\w.:/@[\]#+=,*$<>()-]*$/;

const FRAME = /^ {4}at (?:[^\n]* \()?(?:file:\/\/|node:|\/|[A-Z]:\\|<anonymous>|async |index )[^\n]*$/;

/** Structured log lines: an event's name and declared fields. The event is a literal in the code, never built from input. */
@Injectable()
export class Log {
  private readonly logger: Logger;

  constructor(destination?: DestinationStream) {
    this.logger = pino(
      { base: undefined, timestamp: pino.stdTimeFunctions.isoTime, messageKey: 'event' },
      destination ?? pino.destination(2),
    );
  }

  info(event: string, fields: LogFields = {}): void {
    this.logger.info(allowed(fields), event);
  }

  warn(event: string, fields: LogFields = {}): void {
    this.logger.warn(allowed(fields), event);
  }

  /** An error's message may quote what was being stored, so only its name, code and stack frames are written. */
  error(event: string, error: unknown, fields: LogFields = {}): void {
    this.logger.error({ ...allowed(fields), ...describe(error) }, event);
  }
}

function allowed(fields: Record<string, unknown>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const name of ALLOWED_FIELDS) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value === 'string') kept[name] = VALUE.test(value) && value.length <= VALUE_LENGTH_MAX ? value : '(dropped)';
    else if (value === null || typeof value === 'number' || typeof value === 'boolean') kept[name] = value;
  }
  return kept;
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { errorName: typeof error };
  const { code } = error as { code?: unknown };
  // A message stands in front of the frames and may itself have lines that look like one.
  const frames = (error.stack ?? '')
    .replace(error.message, '')
    .split('\n')
    .filter((line) => FRAME.test(line));
  return {
    errorName: error.constructor.name,
    ...(typeof code === 'string' && VALUE.test(code) ? { errorCode: code } : {}),
    stack: frames.slice(0, STACK_FRAMES_MAX).map((frame) => frame.trim()),
  };
}
