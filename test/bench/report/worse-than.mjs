import { figure } from './format.mjs';
import { overlaps, ratio } from './ratio.mjs';

/** @typedef {import('./summary.mjs').RowSummary} RowSummary */
/** @typedef {import('./summary.mjs').Summary} Summary */

/**
 * Every figure in which the first server of a row is behind another one: the row's own value, its CPU, and memory, of
 * which one sentence for each server names all rows.
 * @param {RowSummary[]} rows
 * @returns {string[]} sentences in the order of the rows
 */
export function worseThan(rows) {
  const lines = rows.flatMap((row) => {
    const [subject, ...peers] = row.servers;
    return peers.flatMap((peer) => [...worseValue(row, subject, peer), ...worseCpu(row, subject, peer)]);
  });
  const peers = new Set(rows.flatMap(({ servers }) => servers.slice(1).map(({ server }) => server)));
  return [...lines, ...[...peers].flatMap((peer) => worseMemory(rows, peer))];
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

/** @param {RowSummary[]} rows @param {string} peerName */
function worseMemory(rows, peerName) {
  const behind = rows.flatMap(({ name, unit, servers: [subject, ...peers] }) => {
    const mine = subject.pssMb;
    const other = peers.find(({ server }) => server === peerName)?.pssMb;
    // A row whose value is memory has said it already.
    if (unit === 'MB' || mine === undefined || other === undefined) return [];
    return isBehind(ratio(mine, other, 'lower')) ? [`${name} ${figure(mine)} against ${figure(other)}`] : [];
  });
  return behind.length === 0 ? [] : [`Memory after the row, MB PSS against ${peerName}: ${behind.join(', ')}.`];
}

// What is shown as 1.00 times is equal.
const isBehind = (/** @type {number} */ times) => times < 0.995;

/**
 * @param {string} what
 * @param {import('./statistics.mjs').Spread} subject @param {import('./statistics.mjs').Spread} peer
 * @param {'higher' | 'lower'} better @param {string} unit @param {string} peerName
 * @returns {string[]} empty when the subject is not behind
 */
function compared(what, subject, peer, better, unit, peerName) {
  const times = ratio(subject.median, peer.median, better);
  if (!isBehind(times)) return [];
  const doubt = overlaps(subject, peer) ? '; the rounds of the two overlap' : '';
  return [
    `${what} ${figure(subject.median)} against ${figure(peer.median)} ${unit} of ${peerName} (${figure(times)} times${doubt}).`,
  ];
}
