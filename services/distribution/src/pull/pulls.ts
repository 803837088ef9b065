import type { Reference } from '@lading/oci';
import type { Blob, Manifest, Scope } from '@lading/proto';
import type { TellRequests } from '../access/tell-requests.js';
import type { DistributionSettings } from '../settings.js';
import type { V2Request } from '../v2/v2-request.js';
import type { PullLog } from './pull-log.js';

/** Type of the bytes of a blob, whatever a manifest says that they are (EVT-09). */
const BYTES = 'application/octet-stream';

/** Notes what a request pulls, as far as the settings want it. */
export class Pulls {
  private readonly tellsManifests: boolean;
  private readonly tellsBlobs: boolean;

  constructor(
    private readonly log: Pick<PullLog, 'seen' | 'note'>,
    private readonly telling: TellRequests,
    { pullEvents }: Pick<DistributionSettings, 'pullEvents'>,
  ) {
    this.tellsManifests = pullEvents !== 'off';
    this.tellsBlobs = pullEvents === 'all';
  }

  /** Asked for, be it that the client has it already. */
  seen({ manifestId }: Manifest, reference: Reference): void {
    this.log.seen(manifestId, reference.kind === 'digest');
  }

  manifest(request: V2Request, scope: Scope, manifest: Manifest, reference: Reference): void {
    const { repositoryId, manifestId, digest, mediaType, size } = manifest;
    if (!this.tellsManifests || repositoryId === undefined) return;
    const tag = reference.kind === 'tag' ? reference.tag : undefined;
    this.log.note(() => ({ ...this.read(request, scope), repositoryId, manifestId, digest, mediaType, size, tag }));
  }

  blob(request: V2Request, scope: Scope, { repositoryId, size }: Blob, digest: string): void {
    if (!this.tellsBlobs || repositoryId === undefined) return;
    this.log.note(() => ({ ...this.read(request, scope), repositoryId, digest, mediaType: BYTES, size }));
  }

  private read(request: V2Request, { name, principal }: Scope) {
    return { path: name, principal, request: this.telling.contextOf(request) };
  }
}
