/**
 * Reads one HTTP/1.1 answer at a time from whatever pieces the socket gives. Only what a load program needs is looked
 * at: the status, Content-Length or chunked framing, and the end. RFC 9112 sections 4, 6 and 7.1.
 */

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} head status line and headers, without the empty line
 * @property {number} bytes length of the decoded body
 * @property {Buffer} [body] only when it was asked for, or the first bytes of an error (status 400 and above)
 */

const END_OF_HEAD = '\r\n\r\n';
const HEAD_LIMIT = 64 * 1024;
const ERROR_BODY_LIMIT = 2048;

export class ResponseParser {
  /** @type {Buffer | undefined} */ #partialHead;
  /** @type {'head' | 'fixed' | 'chunked' | 'done'} */ #state = 'done';
  /** @type {'size' | 'end-of-chunk' | 'trailer'} */ #line = 'size';
  #lineStart = '';
  #remaining = 0;
  #isHead = false;
  /** @type {((bytes: Buffer) => void) | undefined} */ #sink;
  #status = 0;
  #head = '';
  #bytes = 0;
  /** @type {Buffer[]} */ #kept = [];

  /**
   * Makes ready for the next answer.
   * @param {{isHead?: boolean, sink?: (bytes: Buffer) => void}} expectation `sink` sees the body's pieces; they are
   *   valid during the call only.
   */
  expect({ isHead = false, sink } = {}) {
    this.#state = 'head';
    this.#isHead = isHead;
    this.#sink = sink;
    this.#bytes = 0;
    if (this.#kept.length > 0) this.#kept = [];
  }

  /**
   * @param {Buffer} piece the bytes that arrived; may be reused by the caller afterwards
   * @returns {Answer | undefined} the answer once it is complete
   */
  push(piece) {
    if (this.#state === 'done') throw new Error(`${piece.length} bytes arrived that no request asked for`);
    const offset = this.#state === 'head' ? this.#readHead(piece) : 0;
    if (offset < 0) return undefined;
    const body = this.#partialHead === undefined ? piece : this.#takePartialHead();
    return this.#readBody(body, offset) ? this.#answer() : undefined;
  }

  /** @param {Buffer} piece @param {number} offset @returns {boolean} whether the answer has ended */
  #readBody(piece, offset) {
    if (this.#state === 'fixed') this.#readFixed(piece, offset);
    else if (this.#state === 'chunked') this.#readChunked(piece, offset);
    return this.#isDone();
  }

  #isDone() {
    return this.#state === 'done';
  }

  #answer() {
    /** @type {Answer} */
    const answer = { status: this.#status, head: this.#head, bytes: this.#bytes };
    if (this.#kept.length > 0) answer.body = Buffer.concat(this.#kept);
    return answer;
  }

  #takePartialHead() {
    const whole = /** @type {Buffer} */ (this.#partialHead);
    this.#partialHead = undefined;
    return whole;
  }

  /**
   * @param {Buffer} piece
   * @returns {number} where the body starts, in the piece or in the gathered head; -1 while the head is incomplete
   */
  #readHead(piece) {
    const whole = this.#partialHead === undefined ? piece : Buffer.concat([this.#partialHead, piece]);
    const end = whole.indexOf(END_OF_HEAD);
    if (end < 0) {
      if (whole.length > HEAD_LIMIT) throw new Error(`the head of the answer is over ${HEAD_LIMIT} bytes`);
      this.#partialHead = Buffer.from(whole);
      return -1;
    }
    if (this.#partialHead !== undefined) this.#partialHead = whole;
    this.#head = whole.toString('latin1', 0, end);
    this.#status = Number(this.#head.slice(9, 12));
    this.#chooseFraming();
    return end + END_OF_HEAD.length;
  }

  #chooseFraming() {
    if (this.#isHead || this.#status === 204 || this.#status === 304) {
      this.#state = 'done';
      return;
    }
    const length = /\r\ncontent-length: *(\d+)/i.exec(this.#head);
    if (length !== null) {
      this.#remaining = Number(length[1]);
      this.#state = this.#remaining === 0 ? 'done' : 'fixed';
    } else if (/\r\ntransfer-encoding: *chunked/i.test(this.#head)) {
      this.#state = 'chunked';
      this.#line = 'size';
      this.#lineStart = '';
      this.#remaining = 0;
    } else {
      throw new Error(`the answer has neither a length nor chunks: ${this.#head.split('\r\n', 1)[0]}`);
    }
  }

  /** @param {Buffer} piece @param {number} offset */
  #readFixed(piece, offset) {
    const end = this.#take(piece, offset);
    if (this.#remaining === 0) this.#finish(piece, end);
  }

  /** @param {Buffer} piece @param {number} start */
  #readChunked(piece, start) {
    let offset = start;
    while (offset < piece.length) {
      if (this.#remaining > 0) {
        offset = this.#take(piece, offset);
        continue;
      }
      const newline = piece.indexOf(10, offset);
      if (newline < 0) {
        this.#lineStart += piece.toString('latin1', offset);
        return;
      }
      const line = (this.#lineStart + piece.toString('latin1', offset, newline)).trim();
      this.#lineStart = '';
      offset = newline + 1;
      if (this.#readChunkLine(line)) return this.#finish(piece, offset);
    }
  }

  /** @param {string} line @returns {boolean} whether the answer has ended */
  #readChunkLine(line) {
    if (this.#line === 'trailer') return line === '';
    if (this.#line === 'end-of-chunk') {
      this.#line = 'size';
      return false;
    }
    const size = Number.parseInt(line, 16);
    if (!Number.isInteger(size)) throw new Error(`"${line}" is no size of a chunk`);
    this.#remaining = size;
    this.#line = size === 0 ? 'trailer' : 'end-of-chunk';
    return false;
  }

  /** @param {Buffer} piece @param {number} offset @returns {number} the offset after the bytes taken */
  #take(piece, offset) {
    const end = Math.min(piece.length, offset + this.#remaining);
    if (end > offset && (this.#sink !== undefined || this.#status >= 400)) this.#show(piece.subarray(offset, end));
    this.#bytes += end - offset;
    this.#remaining -= end - offset;
    return end;
  }

  /** @param {Buffer} bytes */
  #show(bytes) {
    if (this.#sink !== undefined) this.#sink(bytes);
    else if (this.#bytes < ERROR_BODY_LIMIT) this.#kept.push(Buffer.from(bytes.subarray(0, ERROR_BODY_LIMIT)));
  }

  /** @param {Buffer} piece @param {number} end */
  #finish(piece, end) {
    if (end !== piece.length) throw new Error(`${piece.length - end} bytes follow the end of the answer`);
    this.#state = 'done';
  }
}
