/** True when `If-None-Match` names this digest, quoted or not, weak or not, in a list, or is `*` (MAN-09). */
export function matchesDigest(header: string | undefined, digest: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '');
    return tag === '*' || tag === digest || tag === `"${digest}"`;
  });
}
