// How figures are shown to people.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** @param {number} bytes */
export function bytesText(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** @param {number} seconds */
export function secondsText(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} d`;
}

/** A time as its distance from now. @param {string | null} time */
export function sinceText(time, now = Date.now()) {
  if (time === null) return '-';
  const seconds = (now - Date.parse(time)) / 1000;
  return seconds >= 0 ? `${secondsText(seconds)} ago` : `in ${secondsText(-seconds)}`;
}

/** Columns side by side; all but the first are numbers and stand to the right. @param {(string | number)[][]} rows */
export function tableText(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const cell = (value, column) => String(value)[column === 0 ? 'padEnd' : 'padStart'](widths[column]);
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
}
