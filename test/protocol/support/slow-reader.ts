import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { head } from './raw.js';

/**
 * Starts a download and takes nothing of it: the answer stays in the server, but for what the system's buffers hold.
 *
 * @param lines more headers, as they are
 */
export async function slowReader(
  { url }: { readonly url: string },
  path: string,
  ...lines: (string | undefined)[]
): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  socket.write(head('GET', path, ...lines));
  return socket;
}
