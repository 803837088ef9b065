/** @typedef {import('../servers/target.mjs').Target} Target */
/** @typedef {import('../measure/measure.mjs').Outcome} Outcome */

/**
 * How much is done. Names of rows are made from it, so that a short run never passes for a long one.
 * @typedef {object} Scale
 * @property {number} seconds for a row of small requests
 * @property {number} warmSeconds
 * @property {number} blobMb size of the large blob, 10^6 bytes
 * @property {number[]} smallBlobMb sizes of blobs that are pushed again and again, 10^6 bytes
 * @property {number[]} tags how many tags a repository has, one group of rows each
 * @property {number} repositories of the catalog
 * @property {number} referrers of one subject
 * @property {number} idleSeconds wait before memory is read
 * @property {number[]} freed blobs that are freed at once, one row each
 * @property {number} garbage blobs that are being freed beside other work
 * @property {number} images pushed beside collection
 * @property {number} events in one go
 * @property {number} leaseSeconds how long a blob that no manifest names is kept where collection is measured
 */

/** @typedef {{scale: Scale, seed: string}} Context */

/**
 * @template State
 * @typedef {object} Row
 * @property {string} name
 * @property {string} unit
 * @property {'higher' | 'lower'} better
 * @property {string} [cpuPer] what CPU seconds are counted against
 * @property {boolean} [ownProcess] needs a server that we started
 * @property {number} [mostRounds] for a row that takes minutes
 * @property {(state: State) => boolean} [able] whether the server, as `prepare` found it, has what the row measures
 * @property {(target: Target, state: State, context: Context) => Promise<{work: () => Promise<Outcome>, end?: () => void}>} arrange
 *   what comes before the timed part, for each round
 */

/**
 * Rows on one fresh server. `seed` in the context differs between groups, never between the servers of a run.
 * @template State
 * @typedef {object} Group
 * @property {string} name
 * @property {(scale: Scale) => Record<string, string>} [settings] of Lading, where the defaults do not do
 * @property {(target: Target, context: Context) => Promise<State>} prepare
 * @property {(scale: Scale) => Row<State>[]} rows
 */
export {};
