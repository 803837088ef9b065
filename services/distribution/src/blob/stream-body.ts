import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { isBlobSender } from '@lading/blob-store';

/** A reader that takes nothing for this long has gone away without saying so, milliseconds. */
export const DOWNLOAD_IDLE_MS = 60_000;

/** Ends when the reader has everything or went away; either way the file is closed at once. */
export function streamBody(body: Readable, res: ServerResponse, idleMs = DOWNLOAD_IDLE_MS): Promise<void> {
  return new Promise((resolve, reject) => {
    res.setTimeout(idleMs, () => res.destroy());
    const stop = (error?: Error) => {
      res.setTimeout(0);
      body.destroy();
      if (error) reject(error);
      else resolve();
    };
    // A client that went away while the file was opened has closed its side already.
    if (res.destroyed || res.closed) return stop();
    if (isBlobSender(body)) return void body.sendTo(res).catch(stop);
    body.once('error', stop);
    res.once('close', () => stop());
    body.pipe(res);
  });
}
