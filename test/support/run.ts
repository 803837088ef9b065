import { spawn } from 'node:child_process';

export interface Outcome {
  /** Exit code; 128 + n if signal n ended the program, which is also how running out of time looks. */
  code: number;
  stdout: string;
  stderr: string;
  /** The command line, exit code and everything printed, for the message of a failed test. */
  report: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  input?: string | Buffer;
  /** Killed after this many seconds; 100 by default, below the time limit of a test, so that its output is shown. */
  seconds?: number;
}

/** Runs a program to its end. A failure of the program is an outcome; only a program that cannot be started throws. */
export function run(command: string[], options: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0]!, command.slice(1), { cwd: options.cwd, env: options.env, stdio: 'pipe' });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    const timer = setTimeout(() => child.kill('SIGKILL'), (options.seconds ?? 100) * 1000);
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => err.push(piece));
    child.stdin.on('error', () => undefined); // A program that reads no input closes the pipe early.
    child.stdin.end(options.input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(outcome(command, code ?? (signal === 'SIGKILL' ? 137 : 143), Buffer.concat(out), Buffer.concat(err)));
    });
  });
}

/** Runs a program that has to succeed. Throws an error that shows what it printed. */
export async function mustRun(command: string[], options: RunOptions = {}): Promise<Outcome> {
  const result = await run(command, options);
  if (result.code !== 0) throw new Error(result.report);
  return result;
}

function outcome(command: string[], code: number, out: Buffer, err: Buffer): Outcome {
  const stdout = out.toString();
  const stderr = err.toString();
  const printed = [stdout, stderr].filter((text) => text !== '').join('\n');
  return { code, stdout, stderr, report: `$ ${command.join(' ')}\nexit ${code}\n${printed.slice(-8000)}` };
}
