/** What kind of "no" it is. One filter turns it into a status and a log level. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'not_acceptable'
  | 'conflict'
  | 'too_large'
  | 'unsupported_type'
  | 'unprocessable'
  | 'too_many'
  | 'unavailable';

/** What is wrong with one field. `code` and `names`, what the sentence is about, let a screen say it in another language. */
export interface FieldProblem {
  path: string;
  message: string;
  code?: string;
  names?: string[];
}

/**
 * An expected "no", said to whoever asked. Everything else that is thrown is a programmer's error or an outage.
 *
 * Shape    code: a stable snake_case fact for programs; message: a sentence for people, with what to do next
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly kind: RefusalKind,
    readonly code: string,
    message: string,
    readonly fields?: FieldProblem[],
    /** Of `too_many`: when to come back. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}

/** The one answer for what does not exist and for what belongs to another tenant: existence is a secret. */
export function notFound(): Refusal {
  return new Refusal('not_found', 'not_found', 'This does not exist, or you may not see it.');
}
