import type { UseFormReturnType } from '@mantine/form';
import i18next from 'i18next';
import type { PASSWORD_LENGTH_MIN as PasswordLengthMin } from '#contract';
import { ApiError } from '../api.js';
import { fieldWords } from '../server-words.js';
import { sentenceOf } from '../ui/notify.js';

// The figure is the contract's; naming its type makes the compiler compare, without shipping the contract's schemas to the browser.
export const PASSWORD_LENGTH_MIN: typeof PasswordLengthMin = 12;

const ADDRESS = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Rules for fields, as a courtesy before the server's own word. Each answers what is wrong, or null. */
export const rules = {
  filled: (value: string) => (value.trim() === '' ? i18next.t('field.required') : null),
  email: (value: string) => (ADDRESS.test(value.trim()) ? null : i18next.t('field.email')),
  password: (value: string) =>
    value.length < PASSWORD_LENGTH_MIN ? i18next.t('field.passwordShort', { count: PASSWORD_LENGTH_MIN }) : null,
  pageId: (value: string) => (/^\d{1,32}$/.test(value.trim()) ? null : i18next.t('field.pageId')),
};

/**
 * Put a refusal where it belongs: beside the fields it names, or as a sentence for the whole form.
 *
 * Returns the sentence, or null when every problem stands beside a field.
 */
export function showRefusal<Values extends Record<string, string | boolean>>(
  form: UseFormReturnType<Values>,
  error: unknown,
): string | null {
  if (!(error instanceof ApiError) || error.fields.length === 0) return sentenceOf(error);
  const names = Object.keys(form.getValues());
  const placed = error.fields.filter(({ path }) => names.includes(path));
  for (const problem of placed) form.setFieldError(problem.path, fieldWords(problem));
  return placed.length === error.fields.length ? null : sentenceOf(error);
}
