import { z } from 'zod';

/** Of a query: a whole number from 1 to `most`, which is at most 999,999,999, in decimal digits and nothing else. */
export function wholeNumber(most: number) {
  return z
    .string()
    .regex(/^[1-9]\d{0,8}$/)
    .transform(Number)
    .pipe(z.int().max(most));
}
