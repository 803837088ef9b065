import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Turn {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The turn before, if its answer was not out when this one came. */
  readonly before: Turn | undefined;
}

/**
 * Requests of one connection that wait for their turn; a connection with more is cut. One read of 64 KiB has some 2,500 of
 * the shortest, and reads on only where Node resumes by itself, as it does for an answer that waited for its client.
 */
export const MOST_WAITING = 4_000;

/**
 * The requests of one connection, one after the other. Node hands over every request of a packet at once; what they
 * open and hold would be bounded by nothing but the size of their heads, and an answer that waits behind another has no
 * socket whose end it could see. So a request is served once the answer before it is out, and not at all when the
 * connection ended with that (RFC 9112 section 9.6) or its client went away. While one waits, nothing more is read.
 */
export class ConnectionTurns {
  readonly #last = new WeakMap<Socket, Turn>();
  readonly #waiting = new WeakMap<Socket, number>();

  take(req: IncomingMessage, res: ServerResponse, serve: () => void): void {
    const { socket } = req;
    const before = this.#owed(socket);
    this.#last.set(socket, { req, res, before });
    const serveIfOpen = () => {
      if (!socket.destroyed && !socket.writableEnded) serve();
    };
    if (before) this.#wait(socket, before, serveIfOpen);
    else serveIfOpen();
  }

  #wait(socket: Socket, before: Turn, serve: () => void): void {
    this.#count(socket, 1);
    before.res.once('close', () => {
      this.#count(socket, -1);
      serve();
    });
  }

  #count(socket: Socket, more: 1 | -1): void {
    const waiting = (this.#waiting.get(socket) ?? 0) + more;
    this.#waiting.set(socket, waiting);
    if (waiting === 0) socket.resume();
    // Node resumes at the end of every request: after that, but before the next bytes are read.
    else if (more > 0) process.nextTick(() => this.#waiting.get(socket) === 0 || socket.pause());
    if (waiting > MOST_WAITING) socket.destroy();
  }

  /**
   * Calls `then` once the answers to all whole requests of a connection are out, at once when none is owed. A request whose
   * body cannot be read on is owed nothing.
   */
  afterAnswers(socket: Socket, then: () => void): void {
    const last = this.#owed(socket);
    const whole = last?.req.complete === false ? last.before : last;
    if (whole && !isOut(whole.res)) whole.res.once('close', then);
    else then();
  }

  #owed(socket: Socket): Turn | undefined {
    const last = this.#last.get(socket);
    return last && !isOut(last.res) ? last : undefined;
  }
}

function isOut(res: ServerResponse): boolean {
  return res.writableFinished || res.destroyed;
}
