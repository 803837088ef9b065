import { digestOf } from '../../support/digest.js';
import type { Answer, Http } from '../http.js';
import { MANIFEST_TYPE } from './image.js';
import { GONE, type Ledger, type Sight, type Subject, THERE } from './ledger.js';

const AT_ONCE = 8;

interface Manifest {
  config: { digest: string };
  layers: { digest: string }[];
}

/**
 * Compares a registry with the ledger, subject by subject, to the last byte, and settles what was open. What is shown has
 * to be complete: a manifest with every blob it names, each with the bytes of its digest.
 *
 * @returns what is not as it was acknowledged, in lines
 */
export async function verify(http: Http, ledger: Ledger, subjects: readonly Subject[]): Promise<string[]> {
  const reader = new Reader(http);
  const waiting = [...subjects];
  const faults: string[] = [];
  const worker = async () => {
    for (let subject = waiting.pop(); subject; subject = waiting.pop()) {
      const fault = await check(reader, ledger, subject);
      if (fault) faults.push(fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return faults;
}

async function check(reader: Reader, ledger: Ledger, subject: Subject): Promise<string | undefined> {
  const words = subject.join(' ');
  try {
    const seen = await reader.sight(subject);
    const allowed = ledger.sight(subject);
    if (!allowed.has(seen)) return `${words} is ${seen}, not ${[...allowed].join(' or ')}`;
    ledger.settle(subject, seen);
    return undefined;
  } catch (error) {
    return `${words}: ${(error as Error).message}`;
  }
}

/** Reads a registry; what was read once is not read again. */
class Reader {
  private readonly known = new Map<string, Promise<Sight>>();

  constructor(private readonly http: Http) {}

  sight(subject: Subject): Promise<Sight> {
    const key = subject.join(' ');
    const known = this.known.get(key) ?? this.read(subject);
    this.known.set(key, known);
    return known;
  }

  private async read([kind, repository, name]: Subject): Promise<Sight> {
    if (kind === 'blob') return this.blob(repository, name);
    const path = `/v2/${repository}/manifests/${name}`;
    const answer = await this.http.send('GET', path, { headers: { accept: MANIFEST_TYPE } });
    if (isGone(answer)) return GONE;
    const digest = digestOf(answer.body);
    if (kind === 'manifest' && digest !== name) throw new Error(`came with the bytes of ${digest}`);
    await this.complete(repository, answer.body);
    return kind === 'tag' ? digest : THERE;
  }

  private async blob(repository: string, digest: string): Promise<Sight> {
    const answer = await this.http.send('GET', `/v2/${repository}/blobs/${digest}`);
    if (isGone(answer)) return GONE;
    const found = digestOf(answer.body);
    if (found !== digest) throw new Error(`came with the bytes of ${found}, ${answer.body.length} of them`);
    return THERE;
  }

  private async complete(repository: string, bytes: Buffer): Promise<void> {
    const { config, layers } = JSON.parse(bytes.toString()) as Manifest;
    for (const { digest } of [config, ...layers]) {
      if ((await this.sight(['blob', repository, digest])) !== THERE)
        throw new Error(`its blob ${digest} is not there`);
    }
  }
}

function isGone({ status, body }: Answer): boolean {
  if (status === 404) return true;
  if (status !== 200) throw new Error(`answered ${status}: ${body.toString().slice(0, 300)}`);
  return false;
}
