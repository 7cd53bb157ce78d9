import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { type FieldProblem, Refusal } from '../refusal.js';

const PROBLEMS_MAX = 20;

/** One finding of zod's, by its code and, where a limit was passed, the limit. */
function problemOf(issue: z.core.$ZodIssue): FieldProblem {
  const limit = issue.code === 'too_big' ? issue.maximum : issue.code === 'too_small' ? issue.minimum : null;
  return { path: issue.path.join('.'), message: issue.message, code: issue.code, names: limit === null ? [] : [String(limit)] };
}

/** A pipe that lets through only what `schema` describes, and says field by field what is wrong with the rest. */
export function valid<Schema extends z.ZodType>(schema: Schema): PipeTransform<unknown, z.output<Schema>> {
  return {
    transform(value: unknown): z.output<Schema> {
      const parsed = schema.safeParse(value ?? {});
      if (parsed.success) return parsed.data;
      const fields = parsed.error.issues.slice(0, PROBLEMS_MAX).map(problemOf);
      throw new Refusal('invalid', 'invalid', 'Some fields are not right.', fields);
    },
  };
}
