import { randomUUID } from 'node:crypto';
import { ManifestUnknown, parseReference, type Reference, type RepositoryName } from '@lading/oci';
import { ByteCache } from '@lading/platform';
import type { Manifest, Scope } from '@lading/proto';
import type { ManifestPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { admit } from '../access/repository-access.js';
import { matchesDigest } from '../http/if-none-match.js';
import { warning } from '../http/warning.js';
import { Pulls } from '../pull/pulls.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';
import { PutManifest } from './put-manifest.js';

const METHODS = ['GET', 'HEAD', 'PUT', 'DELETE'];

/** Bytes. notation, cosign and crane read no more of a manifest, containerd no more than 4,393,216 (D-16). */
const READ_BY_ALL = 4 * 1024 * 1024;
const TOO_LONG_FOR_SOME = `many clients cannot read a manifest of more than ${READ_BY_ALL} bytes`;

/** Bytes of manifests kept in memory. */
const KEPT_BYTES = 64 * 1024 * 1024;

/** `/v2/<name>/manifests/<reference>` */
export class ManifestController {
  /** By the manifest's id, which is never used twice; whether a repository still has it is asked each time. */
  private readonly bodies = new ByteCache<number>({ mostBytes: KEPT_BYTES });

  constructor(
    private readonly access: Access,
    private readonly manifests: ManifestPort,
    private readonly put: PutManifest,
    private readonly pulls: Pulls,
  ) {}

  async handle(request: V2Request): Promise<void> {
    const written = request.path.route === 'manifest' ? request.path.reference : '';
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return this.get(request, written);
      case 'PUT':
        return this.putManifest(request, written);
      case 'DELETE':
        return this.delete(request, written);
      default:
        throw new MethodNotAllowed(METHODS);
    }
  }

  /** The stored bytes under the stored type, whatever `Accept` says (MAN-05, MAN-06). */
  private async get(request: V2Request, written: string): Promise<void> {
    const { scope } = await admit(this.access, request, 'pull');
    const reference = parseReference(written);
    const { manifest } = await this.manifests.findManifest({ scope, ...wanted(reference) });
    if (!manifest) throw new ManifestUnknown();
    const headers = {
      'Content-Type': manifest.mediaType,
      'Docker-Content-Digest': manifest.digest,
      ETag: `"${manifest.digest}"`,
      'Cache-Control':
        reference.kind === 'tag' ? 'no-cache, no-transform' : 'private, max-age=31536000, immutable, no-transform',
    };
    this.pulls.seen(manifest, reference);
    if (matchesDigest(request.header('if-none-match'), manifest.digest)) return request.send(304, headers);
    this.pulls.manifest(request, scope, manifest, reference);
    if (request.method === 'HEAD') return request.send(200, { ...headers, 'Content-Length': manifest.size });
    request.send(200, headers, await this.body(manifest));
  }

  private async body(manifest: Manifest): Promise<Buffer> {
    const known = this.bodies.get(manifest.manifestId);
    if (known) return known;
    const { body } = await this.manifests.getManifestBody({ manifestId: manifest.manifestId });
    if (!body) throw new ManifestUnknown();
    this.bodies.set(manifest.manifestId, body);
    return body;
  }

  private async putManifest(request: V2Request, written: string): Promise<void> {
    const { name, scope } = await admit(this.access, request, 'push');
    const stored = await this.put.execute(request, scope, parseReference(written, 'write'));
    request.send(201, {
      Location: manifestPath(name, stored.digest),
      'Docker-Content-Digest': stored.digest,
      ...(stored.subject && { 'OCI-Subject': stored.subject }),
      ...(stored.tags.length > 0 && { 'OCI-Tag': stored.tags.join(', ') }),
      ...(stored.size > READ_BY_ALL && { Warning: warning(TOO_LONG_FOR_SOME) }),
    });
  }

  private async delete(request: V2Request, written: string): Promise<void> {
    const { scope } = await admit(this.access, request, 'delete');
    const reference = parseReference(written);
    await this.remove(scope, reference);
    request.send(202);
  }

  private async remove(scope: Scope, reference: Reference): Promise<void> {
    const operationId = randomUUID();
    if (reference.kind === 'tag') await this.manifests.deleteTag({ scope, tag: reference.tag, operationId });
    else await this.manifests.deleteManifest({ scope, digest: reference.digest, operationId });
  }
}

function manifestPath(name: RepositoryName, digest: string): string {
  return `/v2/${name}/manifests/${digest}`;
}

function wanted(reference: Reference): { tag?: string; digest?: string } {
  return reference.kind === 'tag' ? { tag: reference.tag } : { digest: reference.digest };
}
