import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionTurns } from './connection-turns.js';
import { PLAIN_HEADERS, plainBody, V2_HEADERS } from './plain-answer.js';

// What the HTTP parser refuses never becomes a request: the answer is written on the bare socket, and the connection
// ends with it. Nothing that follows on it is read as a request, so a message that two readers cut in two ways cannot
// smuggle a second one in.

const FAULTS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'request line and headers are longer than 64 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'the extensions of a chunk are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not come in time'],
};

/** How long, in milliseconds, and how much is read of what a client still sends, so that it sees the answer. */
const LINGER_MS = 2_000;
const LINGER_BYTES = 4 * 1024 * 1024;

/** Node's own name for the answer under way on a connection: it has none that is public. */
interface HttpSocket extends Socket {
  readonly _httpMessage?: ServerResponse | null;
}

/** What listens to `clientError` of an HTTP server: requests before the one that cannot be read get their answers first. */
export function clientErrors(turns: ConnectionTurns) {
  const ending = new WeakSet<Socket>();
  return (error: Error & { code?: string }, socket: HttpSocket): void => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    if (ending.has(socket)) return; // More of what cannot be read.
    ending.add(socket);
    turns.afterAnswers(socket, () => answerClientError(error, socket));
  };
}

function answerClientError(error: Error & { code?: string }, socket: HttpSocket): void {
  if (!socket.writable) return void socket.destroy();
  // In the midst of the answer to a request whose body cannot be read on.
  if (socket._httpMessage?.headersSent) return void end(socket);
  const [status, message] = FAULTS[error.code ?? ''] ?? [400, 'this is no well-formed HTTP/1.1 request'];
  endWith(socket, status, message);
}

/** Writes an answer on a socket that no request is served on, and closes it once the client had time to read. */
export function endWith(socket: Socket, status: number, message: string): void {
  const body = plainBody(message);
  const headers = {
    ...PLAIN_HEADERS,
    ...V2_HEADERS, // What cannot be read may have been meant for it.
    'Content-Length': body.length,
    Date: new Date().toUTCString(),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', ''].join('\r\n');
  end(socket, Buffer.concat([Buffer.from(head), body]));
}

/** A close with bytes unread is a reset, which takes the answer away from a client that has not read it yet. */
function end(socket: Socket, last?: Buffer): void {
  let left = LINGER_BYTES;
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.removeAllListeners('data'); // The parser's, which would fail again.
  socket.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  socket.once('error', () => socket.destroy());
  socket.once('close', () => clearTimeout(timer));
  socket.resume();
  if (last) socket.end(last);
  else socket.end();
}
