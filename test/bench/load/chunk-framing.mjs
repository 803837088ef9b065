/**
 * The bytes as a chunked body without its end, in chunks of the size that Go clients write.
 * @param {Buffer} bytes @param {number} [size] of a chunk
 * @returns {Buffer}
 */
export function frameChunks(bytes, size = 32 * 1024) {
  /** @type {Buffer[]} */ const pieces = [];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const chunk = bytes.subarray(offset, offset + size);
    pieces.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, CRLF);
  }
  return Buffer.concat(pieces);
}

const CRLF = Buffer.from('\r\n');

/** Ends a chunked body. */
export const LAST_CHUNK = Buffer.from('0\r\n\r\n');
