/*
 * The words by which mail programs announce a quotation, per language. A language is added in `reply-markers.ts` or `further-reply-markers.ts`.
 *
 * All in lower case. `starts` and `says` are two halves of one line, "On … wrote:", "Op … schreef …:", "Le … a écrit :"; a line needs both,
 * with a date in it. `labels` are those of the header block Outlook puts above what it quotes.
 */
export interface QuoteWords {
  /** How the line above a quotation begins. */
  starts: readonly string[];
  /** The verb in it. */
  says: readonly string[];
  /** What stands between dashes: "-----Original Message-----". */
  separators: readonly string[];
  /** The same above a mail that is passed on: "---------- Forwarded message ---------". */
  forwards: readonly string[];
  labels: { from: readonly string[]; sent: readonly string[]; to: readonly string[]; subject: readonly string[] };
  /** How an advertisement of the device or program begins: "Sent from my iPhone". */
  sentFrom: readonly string[];
}
