/**
 * Nearest-rank percentile: the smallest value that at least this share of the values does not exceed.
 * @param {number[]} values need not be sorted
 * @param {number} share from 0 to 1
 * @returns {number} NaN for no values
 */
export function percentile(values, share) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/**
 * The middle value, or the mean of the two in the middle.
 * @param {number[]} values
 * @returns {number} NaN for no values
 */
export function median(values) {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** @typedef {{median: number, min: number, max: number}} Spread */

/** @param {number[]} values at least one @returns {Spread} */
export function spread(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}
