import type { ReadSnapshotResponse } from '@lading/proto';
import type { SnapshotPort } from '@lading/rpc';
import { snapshotLines } from './snapshot-line.mapper.js';

/** All live state as lines of JSON: a head with the cursor, a line for each thing, and an end that says how many. */
export class ListSnapshot {
  constructor(private readonly snapshots: SnapshotPort) {}

  /**
   * Waits for the first page, because a refusal is answered with a status.
   *
   * @returns what makes the text. It must be asked until its end, or be ended.
   * @throws Unavailable
   */
  async execute(): Promise<(signal: AbortSignal) => AsyncIterable<string>> {
    const pages = this.snapshots.readSnapshot({})[Symbol.asyncIterator]();
    const first = await pages.next();
    return (signal) => texts(first, pages, signal);
  }
}

type Pages = AsyncIterator<ReadSnapshotResponse>;

async function* texts(first: IteratorResult<ReadSnapshotResponse>, pages: Pages, signal: AbortSignal) {
  let count = 0;
  try {
    for (let page = first; !page.done && !signal.aborted; page = await pages.next()) {
      const lines = snapshotLines(page.value);
      count += lines.length;
      yield toText(lines);
    }
    if (!signal.aborted) yield toText([{ kind: 'end', lines: count }]);
  } finally {
    await pages.return?.();
  }
}

function toText(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
