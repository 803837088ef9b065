/**
 * A registry under test.
 * @typedef {object} Target
 * @property {string} name unique in a run
 * @property {string} host
 * @property {number} port
 * @property {import('../load/session.mjs').Credentials} [credentials]
 * @property {import('node:child_process').ChildProcess} [process] absent for a registry that somebody else runs
 * @property {string} [dataDir]
 * @property {boolean} durable whether files and directories of an acknowledged push are synced; if not, the fair push rows run `sync -f`
 * @property {() => Promise<void>} stop waits for the end; the data stays
 * @property {() => Promise<Start>} restart stops it and starts it on the same data
 */

/** @typedef {{milliseconds: number}} Start from spawn to the first 200 or 401 on /v2/ */

/**
 * How to run one kind of registry on a data directory.
 * @typedef {object} Launcher
 * @property {string} kind
 * @property {string} description for the report: what is run and how
 * @property {boolean} durable
 * @property {import('../load/session.mjs').Credentials} [credentials]
 * @property {readonly string[]} [leftOut] groups of rows that it takes no part in; the description says why
 * @property {() => string | undefined} missing why it cannot be started here
 * @property {(dir: string, port: number, settings: Record<string, string>) => {command: string, args: string[], env: NodeJS.ProcessEnv}} prepare
 *   settings: of Lading, for a group of rows that needs others than the defaults
 */
export {};
