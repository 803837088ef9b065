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

/** 64 bits of the digest, moved by the repository: two pairs that share a key wait for each other and no more. */
function edgeLockKey(repositoryId: number, digest: Buffer): bigint {
  const padded = Buffer.alloc(8);
  digest.copy(padded, 0, 1, 9);
  return BigInt.asIntN(64, padded.readBigInt64BE() ^ (BigInt(repositoryId) * 0x9e3779b97f4a7c15n));
}
