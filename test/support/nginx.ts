import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from './paths.js';
import type { PrivateCa } from './private-ca.js';
import { mustRun } from './run.js';
import { removeScratch, scratch } from './scratch.js';
import { ServerProcess } from './server-process.js';

export interface Nginx {
  /** `https://<address>:<port>`. */
  readonly url: string;
  /** `<address>:<port>`, as in an image's name. */
  readonly host: string;
  /** What it served so far, one line for each request: method, path, status, protocol. */
  readonly requests: string[];
  /** Reads its configuration again: new workers begin, the old ones end what they have. Settles when the new ones serve. */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export interface NginxOptions {
  /** Where it listens. */
  readonly address: string;
  readonly port: number;
  readonly certificate: PrivateCa;
  /** `host:port` of the registry. */
  readonly registry: string;
  /** Changes of the documented configuration: what stands there, and what takes its place. */
  readonly changes?: Readonly<Record<string, string>>;
}

/** An nginx with the configuration of `docs/proxy.md`, in which nothing is changed but addresses and files. */
export async function startNginx({ address, port, certificate, registry, changes }: NginxOptions): Promise<Nginx> {
  const dir = scratch();
  const site = documentedSite({
    'server 127.0.0.1:5000;': `server ${registry};`,
    'listen 443 ': `listen ${address}:${port} `,
    '/etc/nginx/registry.crt': certificate.certificate,
    '/etc/nginx/registry.key': certificate.key,
    ...changes,
  });
  writeFileSync(join(dir, 'lading.conf'), site);
  writeFileSync(join(dir, 'nginx.conf'), surroundings(dir));
  const temporary = [dir, ...TEMPORARY.map((name) => join(dir, name))];
  for (const folder of temporary) mkdirSync(folder, { recursive: true });
  const command = ['/usr/sbin/nginx', '-c', join(dir, 'nginx.conf'), '-e', 'stderr'];
  const server = new ServerProcess('nginx', command, { PATH: process.env.PATH });
  await server.start(() => listens(address, port));
  const started = () => (server.log.match(/start worker process \d/g) ?? []).length;
  return {
    url: `https://${address}:${port}`,
    host: `${address}:${port}`,
    get requests() {
      return readFileSync(join(dir, 'access.log'), 'utf8').split('\n').slice(0, -1);
    },
    async reload() {
      const before = started();
      await mustRun([...command, '-s', 'reload']);
      while (started() < before + 2) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async stop() {
      await server.stop();
      removeScratch(dir);
    },
  };
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** What a package's `nginx.conf` says around a site; its files are below a folder of its own. */
function surroundings(dir: string): string {
  return [
    'daemon off;',
    'worker_processes 2;',
    `user root; pid ${dir}/pid; error_log stderr notice;`,
    'events { worker_connections 1024; }',
    `http { log_format line '$request_method $request_uri $status $server_protocol'; access_log ${dir}/access.log line;`,
    ...TEMPORARY.map((name) => `  ${name}_temp_path ${dir}/${name};`),
    `  include ${dir}/lading.conf; }`,
    '',
  ].join('\n');
}

/** @throws where something that is to be changed does not stand there: the page and this file no longer fit. */
function documentedSite(changes: Readonly<Record<string, string>>): string {
  const page = readFileSync(join(root, 'docs/proxy.md'), 'utf8');
  let site = /^```nginx\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
  for (const [documented, changed] of Object.entries(changes)) {
    if (!site.includes(documented)) throw new Error(`docs/proxy.md has no ${JSON.stringify(documented)} for nginx`);
    site = site.replace(documented, changed);
  }
  return site;
}

function listens(address: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
