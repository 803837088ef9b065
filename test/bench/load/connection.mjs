import { connect } from 'node:net';
import { ResponseParser } from './response-parser.mjs';

/** @typedef {import('./response-parser.mjs').Answer} Answer */
/** @typedef {{host: string, port: number}} Address */

// Pulls are read into one buffer per connection that is used again and again; 256 KiB is what loopback fills in one read.
const READ_BUFFER = 256 * 1024;

/** One keep-alive connection that carries one request at a time. Made to cost the generator little CPU. */
export class Connection {
  #socket;
  #parser = new ResponseParser();
  /** @type {{resolve: (answer: Answer) => void, reject: (error: Error) => void} | undefined} */ #waiting;
  /** @type {Error | undefined} */ #broken;

  /** @param {import('node:net').Socket} socket @param {(onBytes: (piece: Buffer) => void) => void} onRead */
  constructor(socket, onRead) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
    onRead((piece) => this.#receive(piece));
  }

  /** @param {Address} address @returns {Promise<Connection>} */
  static open({ host, port }) {
    return new Promise((resolve, reject) => {
      /** @type {(piece: Buffer) => void} */ let receive = () => {};
      const callback = (/** @type {number} */ length, /** @type {Uint8Array} */ buffer) => {
        receive(/** @type {Buffer} */ (buffer.subarray(0, length)));
        return true;
      };
      const socket = connect({ host, port, onread: { buffer: Buffer.allocUnsafe(READ_BUFFER), callback } });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(
          new Connection(socket, (onBytes) => {
            receive = onBytes;
          }),
        );
      });
    });
  }

  /**
   * @param {Buffer} head request line, headers and the empty line
   * @param {{body?: Buffer[], isHead?: boolean, sink?: (bytes: Buffer) => void}} [options]
   * @returns {Promise<Answer>} rejects when the connection breaks or the answer is malformed
   */
  exchange(head, options = {}) {
    return new Promise((resolve, reject) => {
      if (this.#broken !== undefined) return reject(this.#broken);
      this.#waiting = { resolve, reject };
      this.#parser.expect(options);
      if (options.body === undefined) {
        this.#socket.write(head);
        return;
      }
      this.#socket.cork();
      this.#socket.write(head);
      for (const part of options.body) this.#socket.write(part);
      this.#socket.uncork();
    });
  }

  /** Ends the connection; an exchange under way is rejected. */
  close() {
    this.#socket.destroy();
  }

  /** @param {Buffer} piece */
  #receive(piece) {
    try {
      const answer = this.#parser.push(piece);
      if (answer === undefined) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    } catch (error) {
      this.#fail(/** @type {Error} */ (error));
      this.#socket.destroy();
    }
  }

  /** @param {Error} error */
  #fail(error) {
    this.#broken ??= error;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.reject(error);
  }
}
