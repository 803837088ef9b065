import type { ReadPlanResponse } from '@lading/proto';
import type { StoragePort } from '@lading/rpc';
import { toPlanLine, toProjectLine, toRepositoryLine } from './storage.mapper.js';

/** A plan as lines of JSON: its totals, a line for each repository and project, and an end that says how many. */
export class ReadPlan {
  constructor(private readonly storage: StoragePort) {}

  /**
   * Waits for the totals, because a refusal is answered with a status.
   *
   * @param at undefined: when every clock has run out.
   * @returns what makes the text. It must be asked until its end, or be ended.
   * @throws Unavailable
   */
  async execute(at: Date | undefined): Promise<(signal: AbortSignal) => AsyncIterable<string>> {
    const pages = this.storage.readPlan({ atMs: at?.getTime() })[Symbol.asyncIterator]();
    const first = await pages.next();
    return (signal) => texts(first, pages, at?.toISOString() ?? null, signal);
  }
}

type Pages = AsyncIterator<ReadPlanResponse>;

async function* texts(
  first: IteratorResult<ReadPlanResponse>,
  pages: Pages,
  at: string | null,
  signal: AbortSignal,
): AsyncGenerator<string> {
  let count = 0;
  try {
    for (let page = first; !page.done && !signal.aborted; page = await pages.next()) {
      const { totals, repositories, projects } = page.value;
      const head = totals ? [toPlanLine(totals, at)] : [];
      const lines = [...head, ...repositories.map(toRepositoryLine), ...projects.map(toProjectLine)];
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
