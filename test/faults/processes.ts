import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Process id of the database server of a data directory; undefined where none is written down. */
export function postmasterOf(dataDir: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8'), 10);
  } catch {
    return undefined;
  }
}

/** The children of a process that run now. */
export function childrenOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((name) => parentOf(name) === pid).map(Number);
}

/** The process of one service on a data directory, which no other on this machine is. @throws when there is none */
export function pidOfService(dataDir: string, service: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    try {
      const isService = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`services/${service}/dist/main.js`);
      return isService && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`LADING_DATA_DIR=${dataDir}\0`);
    } catch {
      return false; // It ended since the directory was read.
    }
  });
  if (found === undefined) throw new Error(`${service} does not run`);
  return Number(found);
}

/** True while a process runs; a zombie does not. */
export function isRunning(pid: number): boolean {
  const fields = statOf(String(pid));
  return fields !== undefined && fields[0] !== 'Z';
}

/** SIGKILL to these processes, those that are gone already left out, and waits until none runs. */
export async function killNine(pids: readonly number[]): Promise<void> {
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
  await waitUntil(() => !pids.some(isRunning), 10, `the end of ${pids.join(', ')}`);
}

/** Asks again and again. @throws an error that names `what` after so many seconds */
export async function waitUntil(ask: () => boolean | Promise<boolean>, seconds: number, what: string): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await delay(20);
  }
}

function parentOf(pid: string): number | undefined {
  const fields = statOf(pid);
  return fields === undefined ? undefined : Number(fields[1]);
}

/** The fields of `/proc/<pid>/stat` behind the program's name, which may hold spaces: state, parent, ... */
function statOf(pid: string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
