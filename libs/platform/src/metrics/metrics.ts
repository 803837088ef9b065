import { Counter, Gauge, Registry } from 'prom-client';
import type { Logger } from '../logger.js';

/** One figure: its value, and which of several it is. Labels are few and fixed, never the name of a repository. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** It only rises while the process runs. */
  readonly counts?: true;
  /** Undefined: there is none at present, and the figure is left out. */
  readonly value: number | undefined;
}

/** Milliseconds after which a group of figures is left out of an answer. */
const PATIENCE_MS = 5_000;

/**
 * The figures of one service, in a registry of its own: those of a process would mix what several services in it count.
 *
 * They are read when they are asked for, so nothing is kept beside what they tell of. A group that cannot be read is left out, and
 * `lading_metrics_up` says so: what is wrong with one part hides nothing of the others.
 */
export class Metrics {
  /** For what keeps its figures itself. */
  readonly registry = new Registry();
  private readonly groups: { readonly name: string; readonly read: () => Promise<Figure[]> }[] = [];

  constructor(private readonly logger: Logger) {}

  /** @param read is called each time that figures are asked for. */
  add(name: string, read: () => Promise<Figure[]>): void {
    this.groups.push({ name, read });
  }

  /** All figures as Prometheus reads them. */
  async text(): Promise<string> {
    const groups = await Promise.all(this.groups.map(({ name, read }) => this.readGroup(name, read)));
    return `${await this.registry.metrics()}${await textOf(groups.flat())}`;
  }

  private async readGroup(name: string, read: () => Promise<Figure[]>): Promise<Figure[]> {
    const up = (value: number): Figure => ({
      name: 'lading_metrics_up',
      help: 'Whether a group of figures could be read',
      labels: { group: name },
      value,
    });
    const timer = new AbortController();
    try {
      const late = new Promise<never>((_, reject) => {
        const timeout = setTimeout(() => reject(new Error('it took too long')), PATIENCE_MS);
        timer.signal.addEventListener('abort', () => clearTimeout(timeout));
      });
      return [...(await Promise.race([read(), late])), up(1)];
    } catch (error) {
      this.logger.warn({ group: name, err: error }, 'figures could not be read');
      return [up(0)];
    } finally {
      timer.abort();
    }
  }
}

function textOf(figures: readonly Figure[]): Promise<string> {
  // Made anew each time: a gauge that is kept would go on with its last value, or zero, where there is none.
  const registry = new Registry();
  const made = new Map<string, Gauge | Counter>();
  for (const { name, help, labels = {}, counts, value } of figures) {
    if (value === undefined) continue;
    const of = { name, help, labelNames: Object.keys(labels), registers: [registry] };
    const each = made.get(name) ?? (counts ? new Counter(of) : new Gauge(of));
    made.set(name, each);
    each.inc(labels, value);
  }
  return registry.metrics();
}
