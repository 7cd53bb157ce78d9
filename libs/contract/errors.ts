import { z } from 'zod';

/** What is wrong with one field: `path` names it as it was asked for (`pages.2`), `message` is a sentence for people. */
export const FieldProblem = z.object({
  path: z.string(),
  message: z.string(),
  /** Stable, for programs and translations: `sign_in_refused`, or zod's word for what has the wrong form (`too_big`). */
  code: z.string().optional(),
  /** What the sentence is about, in its order: names of folders, a limit. */
  names: z.array(z.string()).optional(),
});
export type FieldProblem = z.infer<typeof FieldProblem>;

/** The one shape of every refusal. `code` is stable and for programs; `message` is for people. */
export const ErrorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    fields: z.array(FieldProblem).optional(),
  }),
});
export type ErrorBody = z.infer<typeof ErrorBody>;
