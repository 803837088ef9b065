import { readFileSync } from 'node:fs';
import type { Status } from './suite-test.js';

const SECTION = /^(\w+):$/;
const VERDICT = /^ {2}([^:]+): (Pass|Skip|Disabled|FAIL|Error|Unknown)$/;

/** The verdict of each API and each kind of data in a `results.yaml`, by its name there: `Blob mount`, `Sparse Manifests`. */
export function readVerdicts(file: string): Map<string, Status> {
  const verdicts = new Map<string, Status>();
  let section = '';
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    section = SECTION.exec(line)?.[1] ?? section;
    const [, name, status] = VERDICT.exec(line) ?? [];
    if ((section === 'apis' || section === 'data') && name !== undefined) verdicts.set(name, status as Status);
  }
  return verdicts;
}
