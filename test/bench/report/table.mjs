import { figure, figuresByName, figureWithSpread } from './format.mjs';
import { ratio } from './ratio.mjs';

/** @typedef {import('./summary.mjs').RowSummary} RowSummary */
/** @typedef {import('./summary.mjs').Summary} Summary */

const HEADINGS = [
  'row',
  'server',
  'median (min-max)',
  'ratio',
  'p50 / p99 ms',
  'CPU s',
  'CPU ratio',
  'peak MB',
  'PSS MB',
  'load',
  'others',
];

/**
 * One line for each row and server. The ratio stands in the first server's line for each row, against `peer`.
 * @param {RowSummary[]} rows
 * @returns {string[][]} headings first
 */
export function tableCells(rows) {
  return [HEADINGS, ...rows.flatMap((row) => row.servers.map((server) => lineOf(row, server)))];
}

/** @param {RowSummary} row @param {Summary} server */
function lineOf(row, server) {
  const [subject] = row.servers;
  const isPeer = server !== subject;
  const times = isPeer ? figure(ratio(subject.value.median, server.value.median, row.better)) : '';
  const cpuTimes =
    isPeer && subject.cpu !== undefined && server.cpu !== undefined
      ? figure(ratio(subject.cpu.median, server.cpu.median, 'lower'))
      : '';
  const cpu =
    server.cpu === undefined
      ? '-'
      : `${figuresByName(server.cpuBy)}${row.cpuPer === undefined ? '' : ` /${row.cpuPer}`}`;
  return [
    row.name,
    server.server,
    `${figureWithSpread(server.value)} ${row.unit}`,
    times,
    server.p50 === undefined ? '-' : `${figure(server.p50)} / ${figure(server.p99)}`,
    cpu,
    cpuTimes,
    figuresByName(server.peakMb),
    figure(server.pssMb),
    figure(server.load),
    figure(server.othersCores),
  ];
}

/** @param {string[][]} cells headings first @returns {string} */
export function markdownTable(cells) {
  const line = (/** @type {string[]} */ one) => `| ${one.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const [headings, ...lines] = cells;
  return [line(headings), line(headings.map(() => '---')), ...lines.map(line)].join('\n');
}

/** @param {string[][]} cells headings first @returns {string} columns padded for a terminal */
export function plainTable(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** @param {RowSummary[]} rows @returns {string[]} a line for each remark on an answer */
export function notes(rows) {
  return rows.flatMap((row) =>
    row.servers.flatMap(({ server, note }) => (note === undefined ? [] : [`${row.name}, ${server}: ${note}.`])),
  );
}
