import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitsIn } from '../../../tools/limits.mjs';
import { root } from '../../support/paths.js';

const UNITS: Record<string, number> = { KiB: 1024, MiB: 1024 * 1024, s: 1000, min: 60_000 };

export interface Limit {
  /** What the page says is the most: a count, bytes or milliseconds. */
  readonly most: number;
  /** What the page says beyond it is answered. */
  readonly refusal: { readonly status: number; readonly codes: readonly string[] };
}

const rows = new Map(limitsIn(readFileSync(join(root, 'docs/configuration.md'), 'utf8')).map((row) => [row.key, row]));

/** A limit as docs/configuration.md tells of it, so that the page is held to what the server does. */
export function limit(key: string): Limit {
  const { most, beyond } = rows.get(key)!;
  const [, count = '', unit = ''] = /^([\d,]+) ?(\w*)/.exec(most)!;
  const [, status, code] = /^(\d{3})(?: `(\w+)`)?/.exec(beyond) ?? [];
  const refusal = { status: Number(status), codes: code === undefined ? [] : [code] };
  return { most: Number(count.replaceAll(',', '')) * (UNITS[unit] ?? 1), refusal };
}
