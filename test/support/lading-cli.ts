import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './paths.js';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `lading` with some words to its end. @param settings of its environment, which has nothing else */
export function lading(words: readonly string[], settings: Record<string, string>): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...settings };
  const child = spawn(process.execPath, [join(root, 'tools/lading.mjs'), ...words], { env });
  const printed = { stdout: '', stderr: '' };
  child.stdout.on('data', (piece) => (printed.stdout += piece));
  child.stderr.on('data', (piece) => (printed.stderr += piece));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...printed })));
}
