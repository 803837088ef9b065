import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Client } from 'pg';

export interface SpecRelay {
  /** The database, by way of the relay. */
  readonly url: string;
  /** Connections that are open carry nothing from here on, as those to a server that is stopped; later ones do. */
  silence(): void;
  /** They go on where they were. */
  resume(): void;
  close(): void;
}

/** Stands before the server of a database. A spec stops no process itself: by its number it may be any of this machine. */
export async function startSpecRelay(url: string): Promise<SpecRelay> {
  const { host, port, user = '', password, database } = new Client({ connectionString: url });
  const pairs: [Socket, Socket][] = [];
  const relay = createServer((client) => {
    const server = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
    pairs.push([client, server]);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on('error', () => undefined).once('close', () => other.destroy());
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const account = [user, password ?? ''].map(encodeURIComponent).join(':');
  return {
    url: `postgresql://${account}@127.0.0.1:${(relay.address() as AddressInfo).port}/${database}`,
    silence() {
      for (const [client, server] of pairs) {
        client.unpipe(server);
        server.unpipe(client);
      }
    },
    resume() {
      for (const [client, server] of pairs) client.pipe(server).pipe(client);
    },
    close() {
      relay.close();
      for (const [client] of pairs) client.destroy();
    },
  };
}
