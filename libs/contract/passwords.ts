import { z } from 'zod';

/** Longer input is refused before it is hashed: hashing time must not be the sender's choice. */
export const PASSWORD_LENGTH_MAX = 1024;
export const PASSWORD_LENGTH_MIN = 12;

const EMAIL_LENGTH_MAX = 254;
export const EmailAddress = z.email().max(EMAIL_LENGTH_MAX);

/** Any letters in any order, as they are: nothing is cut off or changed. How easily it is guessed is judged by the server. */
export const NewPassword = z
  .string()
  .min(PASSWORD_LENGTH_MIN)
  .max(PASSWORD_LENGTH_MAX)
  .refine((text) => new TextEncoder().encode(text).length <= PASSWORD_LENGTH_MAX, 'Too long');
