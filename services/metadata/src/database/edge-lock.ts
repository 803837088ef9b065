/**
 * SQL that takes the advisory locks of (repository, digest) pairs (T12): what a transaction opens with.
 *
 * An edge may be written before the blob or manifest it names is there. Its writer and the arrival of that blob or
 * manifest must not miss each other: both hold this lock until they commit, so whoever comes second sees the first.
 * Keys are sorted, and taken before any row lock of the transaction. They are numbers of ours: nothing in this text comes
 * from a request.
 */
export function edgeLocks(repositoryId: number, digests: readonly Buffer[]): string {
  const keys = [...new Set(digests.map((digest) => edgeLockKey(repositoryId, digest)))];
  const sorted = keys.sort((a, b) => (a < b ? -1 : 1));
  return sorted.map((key) => `SELECT pg_advisory_xact_lock(${key})`).join('; ');
}

/**
 * Keys of one repository. A manifest may name 10,000 digests, and PostgreSQL's lock table has room for some thousands in
 * all, so digests share keys. Two that do wait for each other and no more; commits to one repository take turns anyway.
 */
const KEYS_PER_REPOSITORY = 64;

function edgeLockKey(repositoryId: number, digest: Buffer): bigint {
  const slot = (digest.at(-1) ?? 0) % KEYS_PER_REPOSITORY;
  return BigInt(repositoryId) * BigInt(KEYS_PER_REPOSITORY) + BigInt(slot);
}
