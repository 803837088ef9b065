import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Makes several servers one address. */
export interface Front {
  url: string;
  host: string;
  close(): Promise<void>;
}

/** Bytes. A path that is longer than this is told by its start. */
const ENOUGH = 1024;

/**
 * A front on a free port of 127.0.0.1 that changes no byte: early answers, `100 Continue`, half-closed and reset
 * connections and malformed requests meet the server as the client made them.
 *
 * The first request of a connection decides where all of the connection goes, because finding the next request would
 * mean to read bodies as a server does. So a client must not ask two servers over one connection: what it asks of the
 * second is answered by the first. What does not begin with a method and a space goes where `/` goes.
 *
 * The server of `/` is connected at once and only left where the path says so, so that its time limits hold for a
 * client that sends nothing.
 *
 * @param route from a request's path, without its query, to the origin (`http://127.0.0.1:5000`) that answers it
 */
export async function startSwitch(route: (path: string) => string): Promise<Front> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    attach(client, route);
  });
  server.listen(0, '127.0.0.1').unref(); // A failed test that does not close it must not keep jest from ending.
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    async close() {
      server.close();
      for (const client of open) client.destroy();
      if (server.listening || open.size > 0) await once(server, 'close');
    },
  };
}

function attach(client: Socket, route: (path: string) => string): void {
  const usual = route('/');
  const eager = join(client, usual);
  let start = Buffer.alloc(0);
  const decide = (path: string) => {
    client.off('data', read).off('end', ended).pause();
    const origin = route(path);
    const upstream = origin === usual ? eager.upstream : eager.leaveFor(origin);
    if (start.length > 0) upstream.write(start);
    client.pipe(upstream);
  };
  const read = (piece: Buffer) => {
    start = Buffer.concat([start, piece]);
    const path = pathOf(start);
    if (path !== undefined) decide(path);
  };
  const ended = () => decide('/');
  client.on('data', read).once('end', ended);
}

/** The path of a request that begins like this; `/` where it has none, undefined where more has to come. */
function pathOf(start: Buffer): string | undefined {
  const text = start.toString('latin1', 0, ENOUGH);
  if (!/^[A-Z]+( |$)/.test(text)) return '/';
  const [, path, end] = /^[A-Z]+ ([^\s?]*)([\s?]?)/.exec(text) ?? [];
  if (path !== undefined && end) return path;
  return start.length >= ENOUGH ? (path ?? '/') : undefined;
}

/** Connects a server to a client: what it sends, its end and its reset go to the client, and the client's to it. */
function join(client: Socket, origin: string): { upstream: Socket; leaveFor(other: string): Socket } {
  const { hostname, port } = new URL(origin);
  const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true });
  const clientFailed = () => upstream.resetAndDestroy();
  const clientClosed = () => upstream.destroy();
  const upstreamFailed = () => client.resetAndDestroy();
  const upstreamClosed = () => client.destroySoon();
  client.on('error', clientFailed).on('close', clientClosed);
  upstream.on('error', upstreamFailed).on('close', upstreamClosed);
  upstream.pipe(client);
  return {
    upstream,
    leaveFor(other) {
      client.off('error', clientFailed).off('close', clientClosed);
      upstream.off('error', upstreamFailed).off('close', upstreamClosed).unpipe(client);
      upstream.on('error', () => {}).destroy();
      return join(client, other).upstream;
    },
  };
}
