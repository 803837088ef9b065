import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run.js';

export interface Certificate {
  key: Buffer;
  cert: Buffer;
  /** The certificate on disk, for a client to trust. */
  file: string;
}

/** Makes a key and a certificate for localhost and 127.0.0.1 that is its own authority, in a folder that is there. */
export async function makeCertificate(dir: string): Promise<Certificate> {
  const [keyFile, file] = [join(dir, 'key.pem'), join(dir, 'certificate.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const command = ['openssl', 'req', '-x509', '-days', '2', ...key, '-out', file, ...names];
  await mustRun(command, { env: { PATH: process.env.PATH! } });
  return { key: readFileSync(keyFile), cert: readFileSync(file), file };
}
