import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';
import { Refusal } from '../refusal.js';

const PROBLEMS_MAX = 20;

/** A pipe that lets through only what `schema` describes, and says field by field what is wrong with the rest. */
export function valid<Schema extends z.ZodType>(schema: Schema): PipeTransform<unknown, z.output<Schema>> {
  return {
    transform(value: unknown): z.output<Schema> {
      const parsed = schema.safeParse(value ?? {});
      if (parsed.success) return parsed.data;
      const fields = parsed.error.issues.slice(0, PROBLEMS_MAX).map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
      throw new Refusal('invalid', 'invalid', 'Some fields are not right.', fields);
    },
  };
}
