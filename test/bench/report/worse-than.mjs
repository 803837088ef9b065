import { figure } from './format.mjs';
import { overlaps, ratio } from './ratio.mjs';

/** @typedef {import('./summary.mjs').RowSummary} RowSummary */
/** @typedef {import('./summary.mjs').Summary} Summary */

/**
 * Every figure in which the first server of a row is behind another one: the row's own value, CPU, memory.
 * @param {RowSummary[]} rows
 * @returns {string[]} one sentence each, in the order of the rows
 */
export function worseThan(rows) {
  return rows.flatMap((row) => {
    const [subject, ...peers] = row.servers;
    return peers.flatMap((peer) => [...worseValue(row, subject, peer), ...worseCpu(row, subject, peer), ...worseMemory(row, subject, peer)]);
  });
}

/** @param {RowSummary} row @param {Summary} subject @param {Summary} peer */
function worseValue(row, subject, peer) {
  return compared(`${row.name}:`, subject.value, peer.value, row.better, row.unit, peer.server);
}

/** @param {RowSummary} row @param {Summary} subject @param {Summary} peer */
function worseCpu(row, subject, peer) {
  if (subject.cpu === undefined || peer.cpu === undefined) return [];
  const unit = row.cpuPer === undefined ? 'CPU s' : `CPU s per ${row.cpuPer}`;
  return compared(`${row.name}, CPU:`, subject.cpu, peer.cpu, 'lower', unit, peer.server);
}

/** @param {RowSummary} row @param {Summary} subject @param {Summary} peer */
function worseMemory(row, subject, peer) {
  // A row of memory has said it already.
  if (row.unit === 'MB' || subject.pssMb === undefined || peer.pssMb === undefined || subject.pssMb <= peer.pssMb) return [];
  return [`${row.name}, memory: ${figure(subject.pssMb)} against ${figure(peer.pssMb)} MB PSS of ${peer.server} after the row.`];
}

/**
 * @param {string} what
 * @param {import('./statistics.mjs').Spread} subject @param {import('./statistics.mjs').Spread} peer
 * @param {'higher' | 'lower'} better @param {string} unit @param {string} peerName
 * @returns {string[]} empty when the subject is not behind
 */
function compared(what, subject, peer, better, unit, peerName) {
  const times = ratio(subject.median, peer.median, better);
  if (!(times < 1)) return [];
  const doubt = overlaps(subject, peer) ? '; the rounds of the two overlap' : '';
  return [`${what} ${figure(subject.median)} against ${figure(peer.median)} ${unit} of ${peerName} (${figure(times)} times${doubt}).`];
}
