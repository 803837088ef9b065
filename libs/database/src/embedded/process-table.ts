import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

const hasProc = process.platform === 'linux';

/** Whether the process runs. A zombie does not: its parent may never reap it (a container's pid 1 often does not). */
export function isRunning(pid: number): boolean {
  if (hasProc) return !['Z', 'X', undefined].includes(stateOf(pid));
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * The running processes of the server on the cluster directory `pgData` (a real path): each postmaster and backend has
 * it as its working directory. Where another user's working directory may not be read, a program called postgres of
 * the directory's owner counts, which errs on the side of waiting. Without /proc only `postmaster` itself can be asked.
 */
export function serverProcesses(pgData: string, postmaster: number | undefined): number[] {
  if (!hasProc) return postmaster !== undefined && isRunning(postmaster) ? [postmaster] : [];
  const owner = statSync(pgData).uid;
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => isRunning(pid) && worksIn(pid, pgData, owner));
}

function worksIn(pid: number, directory: string, owner: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === directory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return false;
    return programOf(pid) === 'postgres' && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === owner;
  }
}

/** `pid (name) state ...`: the name may hold spaces and brackets, so the last bracket counts (proc(5)). */
function stateOf(pid: number): string | undefined {
  return readOrEmpty(`/proc/${pid}/stat`).split(') ').pop()?.[0];
}

function programOf(pid: number): string {
  return readOrEmpty(`/proc/${pid}/comm`).trim();
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
