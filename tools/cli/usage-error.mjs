/** What the caller can mend; shown without a stack. */
export class UsageError extends Error {
  name = 'UsageError';
}
