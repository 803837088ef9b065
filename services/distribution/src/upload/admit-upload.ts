import { BlobUploadUnknown, NameUnknown, parseRepositoryName, type RepositoryName } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { assertNameForm } from '../access/name-form.js';
import type { V2Request } from '../v2/v2-request.js';

/** How long after its end a token still finishes the upload it was good for, milliseconds (UPL-45). */
const GRACE_MS = 24 * 60 * 60 * 1000;

/** Ids of sessions are made here, so what has another form is none; truth is not asked about it. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface AdmittedUpload {
  name: RepositoryName;
  scope: Scope;
  id: string;
}

/**
 * Admits a request to an upload session. A token that ended meanwhile is good for the session that the same principal
 * opened while it was valid (T19): docker and others send the closing PUT of a long upload with the token they began with
 * and do not recover from a 401 there.
 *
 * @param actions any of them suffices.
 */
export async function admitUpload(
  access: Access,
  uploads: UploadPort,
  request: V2Request,
  actions: readonly string[],
): Promise<AdmittedUpload> {
  const { path } = request;
  if (path.route !== 'upload') throw new NameUnknown();
  const needs = [{ name: path.name, actions: ['pull', 'push'] }];
  const caller = await access.identify(request, needs, { allowExpired: true });
  const name = parseRepositoryName(path.name);
  assertNameForm(name, request.method);
  const scope = access.scopeOf(request, caller, { name, actions }, { any: true });
  if (!UUID.test(path.id)) throw new BlobUploadUnknown();
  const admitted = { name, scope, id: path.id };
  if (!caller.expired) return admitted;
  const { issuedAtMs, expiresAtMs } = caller.expired;
  const { upload } = await uploads.getUpload({ scope, uploadId: path.id });
  const opened = upload?.openedAtMs ?? 0;
  const wasValid = upload?.principal === caller.principal && opened >= issuedAtMs && opened <= expiresAtMs;
  if (wasValid && Date.now() - expiresAtMs < GRACE_MS) return admitted;
  throw access.refuse(request, 'invalid_token');
}
