/** @typedef {import('./connection.mjs').Connection} Connection */
/** @typedef {{seconds: number, latencies: number[]}} LoopResult latencies in milliseconds, one for each step */

/**
 * Every connection does one step after the other until the time or the count is used up; each does at least one.
 * @param {object} loop
 * @param {Connection[]} loop.connections
 * @param {number} loop.seconds
 * @param {number} [loop.maxCount] steps of all connections together
 * @param {(connection: Connection, client: number, turn: number) => Promise<unknown>} loop.step
 * @param {number} [loop.graceSeconds] what a last step may take before the loop gives up
 * @returns {Promise<LoopResult>} rejects with the first step that failed
 */
export async function closedLoop({
  connections,
  seconds,
  maxCount = Number.POSITIVE_INFINITY,
  step,
  graceSeconds = 60,
}) {
  /** @type {number[]} */ const latencies = [];
  const giveUp = () => {
    for (const connection of connections) connection.close();
  };
  const watchdog = setTimeout(giveUp, (seconds + graceSeconds) * 1000);
  let steps = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  try {
    await Promise.all(
      connections.map(async (connection, client) => {
        let before = performance.now();
        for (let turn = 0; turn === 0 || (before < end && steps < maxCount); turn += 1) {
          steps += 1;
          await step(connection, client, turn);
          const after = performance.now();
          latencies.push(after - before);
          before = after;
        }
      }),
    );
    return { seconds: (performance.now() - start) / 1000, latencies };
  } finally {
    clearTimeout(watchdog);
  }
}
