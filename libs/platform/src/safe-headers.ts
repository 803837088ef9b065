/**
 * Headers of every answer that is not meant to be shown: a browser that opens it neither guesses a type nor runs what
 * somebody stored.
 */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "sandbox; default-src 'none'",
} as const;
