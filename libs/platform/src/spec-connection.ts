import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A connection for specs: what it is given goes out as it is; `all` is what came until it was closed. */
export function openConnection(port: number, text = ''): { socket: Socket; all: Promise<string> } {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let got = '';
  socket.on('data', (piece) => {
    got += piece;
  });
  socket.on('error', () => undefined);
  socket.write(text);
  return { socket, all: once(socket, 'close').then(() => got) };
}

/** The head of a GET. @param lines more headers */
export function getOf(path: string, ...lines: string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: x', ...lines].join('\r\n')}\r\n\r\n`;
}
