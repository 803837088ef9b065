import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { tool } from './paths.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export const ACCESS_KEY = 'LADINGTEST';
export const SECRET_KEY = 'secret-key-of-the-tests';

/** An S3 server whose buckets and objects are folders and files that a test can look at. */
export class Versitygw {
  private constructor(
    readonly url: string,
    private readonly dir: string,
    private readonly port: number,
    private readonly process: ServerProcess,
  ) {}

  static async start(): Promise<Versitygw> {
    const dir = scratch();
    const port = await freePort();
    mkdirSync(join(dir, 'buckets'));
    const command = [
      ...[tool('versitygw'), '--port', `127.0.0.1:${port}`, '--access', ACCESS_KEY, '--secret', SECRET_KEY],
      ...['--keep-alive', '--quiet', 'posix', join(dir, 'buckets')],
    ];
    const process = new ServerProcess('versitygw', command, { PATH: globalThis.process.env.PATH, HOME: dir });
    const server = new Versitygw(`http://127.0.0.1:${port}`, dir, port, process);
    await server.listen();
    return server;
  }

  makeBucket(name: string): void {
    mkdirSync(join(this.dir, 'buckets', name));
  }

  /** As it is at this moment, file after file. */
  copyBucket(from: string, to: string): void {
    const path = (name: string) => join(this.dir, 'buckets', name);
    // The attributes of its files have the properties of the objects.
    const { status, stderr } = spawnSync('cp', ['-a', '--', path(from), path(to)], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the bucket was not copied: ${stderr}`);
  }

  /** Keys of a bucket's objects that begin with `prefix`. */
  keys(bucket: string, prefix = ''): string[] {
    const top = join(this.dir, 'buckets', bucket);
    return filesBelow(top)
      .map((path) => path.slice(top.length + 1))
      .filter((key) => key.startsWith(prefix) && !key.startsWith('.'));
  }

  /** Files of unfinished multipart uploads. */
  unfinished(bucket: string): string[] {
    return filesBelow(join(this.dir, 'buckets', bucket, '.sgwtmp'));
  }

  /** Settings for a server whose blobs are in a bucket. */
  settings(bucket: string): Record<string, string> {
    return {
      LADING_S3_ENDPOINT: this.url,
      LADING_S3_BUCKET: bucket,
      LADING_S3_ACCESS_KEY: ACCESS_KEY,
      LADING_S3_SECRET_KEY: SECRET_KEY,
    };
  }

  kill9(): Promise<void> {
    return this.process.kill9();
  }

  /** Starts it again after `kill9`, with its data. */
  async listen(): Promise<void> {
    await this.process.start(() => answers(this.port));
  }

  async stop(): Promise<void> {
    await this.process.stop();
    removeScratch(this.dir);
  }
}

function filesBelow(top: string): string[] {
  if (!existsSync(top)) return [];
  const entries = readdirSync(top, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
