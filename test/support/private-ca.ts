import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from './run.js';

/** Files of a CA, and of a server's certificate that it signed. */
export interface PrivateCa {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/**
 * Makes a CA of its own and a server's certificate, which are good for a day.
 *
 * @param dir an empty folder
 * @param names what the certificate is for, such as `IP:198.18.0.1` and `DNS:registry.test`
 */
export async function makePrivateCa(dir: string, names: string[]): Promise<PrivateCa> {
  const at = (name: string) => join(dir, name);
  const openssl = (...args: string[]) => mustRun(['openssl', ...args], { cwd: dir });
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await openssl(
    'req',
    '-x509',
    ...KEY,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '1',
    '-subj',
    '/CN=test CA',
    ...ca,
  );
  await openssl('req', ...KEY, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=registry');
  writeFileSync(at('names'), `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth\n`);
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.crt');
  return { ca: at('ca.crt'), certificate: at('server.crt'), key: at('server.key') };
}
