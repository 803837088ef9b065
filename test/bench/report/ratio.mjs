/** @typedef {import('./summary.mjs').RowSummary} RowSummary */

/**
 * How many times better the subject is than the peer: above 1 it is ahead, whichever way the unit counts.
 * @param {number} subject @param {number} peer @param {'higher' | 'lower'} better
 */
export function ratio(subject, peer, better) {
  return better === 'higher' ? subject / peer : peer / subject;
}

/**
 * Whether the rounds of the two overlap, so that their order may be chance.
 * @param {import('./statistics.mjs').Spread} one @param {import('./statistics.mjs').Spread} other
 */
export function overlaps(one, other) {
  return one.min <= other.max && other.min <= one.max;
}
