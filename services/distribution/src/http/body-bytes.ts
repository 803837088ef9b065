/** Bytes of the first room for a body that comes in pieces. */
const FIRST_ROOM = 16 * 1024;

/**
 * A body, put together as it comes. Pieces are copied at once: a client may send a byte at a time, and a piece that is
 * kept costs two hundred times its byte, and the packet that it came in. A body of one piece is that piece.
 */
export class BodyBytes {
  length = 0;
  private room: Buffer = Buffer.alloc(0);

  add(piece: Buffer): void {
    if (this.length === 0) this.room = piece;
    else this.append(piece);
    this.length += piece.length;
  }

  /** What came. Nothing may be added after. */
  whole(): Buffer {
    return this.room.subarray(0, this.length);
  }

  private append(piece: Buffer): void {
    const needed = this.length + piece.length;
    if (needed > this.room.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.length * 2, FIRST_ROOM));
      this.room.copy(larger, 0, 0, this.length);
      this.room = larger;
    }
    piece.copy(this.room, this.length);
  }
}
