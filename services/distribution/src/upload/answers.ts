import type { Digest, RepositoryName } from '@lading/oci';
import type { V2Request } from '../v2/v2-request.js';

/** One location for the whole session; at zero bytes `0-0`, which every client can parse (UPL-20, UPL-21). */
export function answerUpload(
  request: V2Request,
  status: number,
  name: RepositoryName,
  id: string,
  offset: number,
): void {
  request.send(status, {
    Location: `/v2/${name}/blobs/uploads/${id}`,
    Range: `0-${Math.max(0, offset - 1)}`,
    'Docker-Upload-UUID': id,
  });
}

/** 201 for a blob that is in the repository now, whichever way it came. */
export function answerBlob(request: V2Request, name: RepositoryName, digest: Digest): void {
  request.send(201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest });
}
