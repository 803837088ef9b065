/**
 * Three significant digits, thousands as k: 12.9k, 1.54k, 787, 0.61.
 * @param {number | undefined} value
 * @returns {string} a dash for what was not measured
 */
export function figure(value) {
  if (value === undefined || !Number.isFinite(value)) return '-';
  if (value !== 0 && Math.abs(value) < 0.01) return value.toFixed(4);
  const rounded = Number(value.toPrecision(3));
  if (Math.abs(rounded) >= 1000) return `${trim(rounded / 1000)}k`;
  return trim(rounded);
}

/** @param {number} value */
function trim(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** @param {import('./statistics.mjs').Spread} value */
export function figureWithSpread({ median, min, max }) {
  return min === max ? figure(median) : `${figure(median)} (${figure(min)}-${figure(max)})`;
}

/** @param {Record<string, number> | undefined} byName @returns {string} the largest first */
export function figuresByName(byName) {
  const entries = Object.entries(byName ?? {}).sort(([, one], [, other]) => other - one);
  return entries.length === 0 ? '-' : entries.map(([name, value]) => `${name} ${figure(value)}`).join(', ');
}
