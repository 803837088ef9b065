import type { SoakClient } from './soak-client.js';

/** A line on latencies. @param ms in any order */
export function latencyLine(words: string, ms: readonly number[]): string {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (part: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return `${words}: ${ms.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** How often the clients did what. */
export function stepsLine(clients: readonly SoakClient[]): string {
  const sums = new Map<string, number>();
  const add = (name: string, count: number) => sums.set(name, (sums.get(name) ?? 0) + count);
  for (const { done, pusher } of clients) {
    for (const [name, count] of done) add(name, count);
    add('pushes without upload after HEAD', pusher.withoutUpload);
    add('manifests refused after their lease', pusher.tooLate);
  }
  return [...sums].map(([name, count]) => `${name} ${count}`).join(', ');
}
