import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {import('../servers/target.mjs').Target} Target */
/** @typedef {{candidates: {kind: string, due: number}[], eventsBehind: number, collectors: {done: Record<string, number>}[]}} Status */

const LIMIT_MS = 900_000;

/** Steers a collector as operators do, over REST; never in a timed part but to look how far it is. */
export class Collector {
  #root;
  #authorization;

  /** @param {Target} target */
  constructor({ host, port, credentials }) {
    this.#root = `http://${host}:${port}/api/v4/gc`;
    this.#authorization = `Basic ${Buffer.from(`${credentials?.user}:${credentials?.password}`).toString('base64')}`;
  }

  async pause() {
    await this.#ask('POST', '/pause?reason=benchmark');
  }

  async resume() {
    await this.#ask('POST', '/resume');
  }

  /** Blobs whose bytes were deleted since its start. @returns {Promise<number>} */
  async purged() {
    const { collectors } = await this.#status();
    return collectors.reduce((sum, { done }) => sum + (done.purged ?? 0), 0);
  }

  /** Until so many links could be removed. @param {number} count */
  async untilDue(count) {
    await this.#until(async () => {
      const { candidates, eventsBehind } = await this.#status();
      return eventsBehind === 0 && candidates.some(({ kind, due }) => kind === 'link' && due >= count);
    }, `${count} blobs that are due`);
  }

  /** @param {number} count as `purged` tells */
  async untilPurged(count) {
    await this.#until(async () => (await this.purged()) >= count, `${count} deleted blobs`);
  }

  /** @param {() => Promise<boolean>} ask @param {string} what */
  async #until(ask, what) {
    for (const limit = performance.now() + LIMIT_MS; !(await ask()); ) {
      if (performance.now() > limit) throw new Error(`waited ${LIMIT_MS / 1000} s for ${what}`);
      await sleep(50);
    }
  }

  /** @returns {Promise<Status>} */
  async #status() {
    return JSON.parse(await this.#ask('GET', '/status'));
  }

  /** @param {string} method @param {string} path */
  async #ask(method, path) {
    const answer = await fetch(this.#root + path, { method, headers: { authorization: this.#authorization } });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${method} ${path} of the collector: ${answer.status} ${text}`);
    return text;
  }
}
