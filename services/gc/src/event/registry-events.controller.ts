import { type EventContext, EventController, type EventData, HandlesEvent } from '@lading/events';
import type { Candidate } from '../candidate/candidate.js';
import { Candidates } from '../candidate/candidates.js';
import {
  ofDeleted,
  ofExpunged,
  ofLink,
  ofObject,
  ofProject,
  ofRepository,
  ofUntagged,
} from '../candidate/candidates-of.js';
import { Clocks } from '../candidate/clocks.js';
import { dropReferences, noteDeleted, putReferences, replaceObject } from '../reference/references.js';

/** Every event of the registry, as the collector understands it: references that come and go, and what may be due when. */
@EventController()
export class RegistryEventsController {
  constructor(private readonly clocks: Clocks) {}

  @HandlesEvent('dev.lading.project.created.v1')
  async projectCreated(_data: EventData<'dev.lading.project.created.v1'>, _context: EventContext): Promise<void> {
    // Nothing refers to anything yet.
  }

  @HandlesEvent('dev.lading.project.deleted.v1')
  async projectDeleted(data: EventData<'dev.lading.project.deleted.v1'>, context: EventContext): Promise<void> {
    await this.note(context, [ofProject(data.projectId, this.windowAfter(context), 'project deleted')]);
  }

  @HandlesEvent('dev.lading.project.restored.v1')
  async projectRestored(_data: EventData<'dev.lading.project.restored.v1'>, _context: EventContext): Promise<void> {
    // What it refers to was kept.
  }

  @HandlesEvent('dev.lading.project.expunged.v1')
  async projectExpunged(_data: EventData<'dev.lading.project.expunged.v1'>, _context: EventContext): Promise<void> {
    // Its repositories went before it.
  }

  @HandlesEvent('dev.lading.repository.deleted.v1')
  async repositoryDeleted(data: EventData<'dev.lading.repository.deleted.v1'>, context: EventContext): Promise<void> {
    await this.note(context, [ofRepository(data.repositoryId, this.windowAfter(context), 'repository deleted')]);
  }

  @HandlesEvent('dev.lading.repository.restored.v1')
  async repositoryRestored(
    _data: EventData<'dev.lading.repository.restored.v1'>,
    _context: EventContext,
  ): Promise<void> {
    // What it refers to was kept.
  }

  @HandlesEvent('dev.lading.repository.purged.v1')
  async repositoryPurged(data: EventData<'dev.lading.repository.purged.v1'>, context: EventContext): Promise<void> {
    const { event, transaction } = context;
    await Candidates.noteSooner(transaction, ofRepository(data.repositoryId, event.time, 'repository purged'));
  }

  @HandlesEvent('dev.lading.repository.expunged.v1')
  async repositoryExpunged(data: EventData<'dev.lading.repository.expunged.v1'>, context: EventContext): Promise<void> {
    const { event, transaction } = context;
    await Candidates.noteSooner(transaction, ofProject(data.projectId, event.time, 'repository expunged'));
  }

  @HandlesEvent('dev.lading.blob.uploaded.v1')
  async blobUploaded(data: EventData<'dev.lading.blob.uploaded.v1'>, context: EventContext): Promise<void> {
    await this.note(context, [this.link(data, context, 'blob uploaded')]);
  }

  @HandlesEvent('dev.lading.blob.mounted.v1')
  async blobMounted(data: EventData<'dev.lading.blob.mounted.v1'>, context: EventContext): Promise<void> {
    await this.note(context, [this.link(data, context, 'blob mounted')]);
  }

  @HandlesEvent('dev.lading.blob.deleted.v1')
  async blobDeleted(data: EventData<'dev.lading.blob.deleted.v1'>, context: EventContext): Promise<void> {
    await this.note(context, [ofObject(data.objectId, context.event.time, this.clocks.delayMs, 'blob deleted')]);
  }

  @HandlesEvent('dev.lading.blob.unlinked.v1')
  async blobUnlinked(data: EventData<'dev.lading.blob.unlinked.v1'>, context: EventContext): Promise<void> {
    const { time } = context.event;
    const reason = 'link removed';
    await this.note(context, [ofObject(data.objectId, time, 0, reason), ofRepository(data.repositoryId, time, reason)]);
  }

  @HandlesEvent('dev.lading.blob.damaged.v1')
  async blobDamaged(_data: EventData<'dev.lading.blob.damaged.v1'>, _context: EventContext): Promise<void> {
    // What refers to it does so still.
  }

  @HandlesEvent('dev.lading.blob.healed.v1')
  async blobHealed(data: EventData<'dev.lading.blob.healed.v1'>, { transaction }: EventContext): Promise<void> {
    await replaceObject(transaction, data.damagedObjectId, data.objectId);
  }

  @HandlesEvent('dev.lading.blob.pulled.v1')
  async blobPulled(_data: EventData<'dev.lading.blob.pulled.v1'>, _context: EventContext): Promise<void> {
    // Only what refers to a blob keeps it.
  }

  @HandlesEvent('dev.lading.manifest.pushed.v1')
  async manifestPushed(data: EventData<'dev.lading.manifest.pushed.v1'>, context: EventContext): Promise<void> {
    const { event, transaction } = context;
    await putReferences(transaction, data, event.aggregateVersion);
    await this.note(context, ofUntagged([data.manifestId], event.time, this.clocks, 'manifest pushed'));
  }

  @HandlesEvent('dev.lading.manifest.deleted.v1')
  async manifestDeleted(data: EventData<'dev.lading.manifest.deleted.v1'>, context: EventContext): Promise<void> {
    const { event, transaction } = context;
    const childIds = await noteDeleted(transaction, data.manifestId, event.time, event.aggregateVersion);
    await this.note(context, ofDeleted(data.manifestId, childIds, event.time, this.clocks));
  }

  @HandlesEvent('dev.lading.manifest.pulled.v1')
  async manifestPulled(_data: EventData<'dev.lading.manifest.pulled.v1'>, _context: EventContext): Promise<void> {
    // It may have moved the clock of one without a name: who asks when the old time is over is told the new one.
  }

  @HandlesEvent('dev.lading.manifest.expunged.v1')
  async manifestExpunged(data: EventData<'dev.lading.manifest.expunged.v1'>, context: EventContext): Promise<void> {
    const expunged = await dropReferences(context.transaction, data);
    await this.note(context, ofExpunged(data, expunged, context.event.time, this.clocks));
  }

  @HandlesEvent('dev.lading.tag.set.v1')
  async tagSet(data: EventData<'dev.lading.tag.set.v1'>, context: EventContext): Promise<void> {
    const { previousManifestId } = data;
    if (previousManifestId === undefined) return;
    await this.note(context, ofUntagged([previousManifestId], context.event.time, this.clocks, 'tag moved'));
  }

  @HandlesEvent('dev.lading.tag.deleted.v1')
  async tagDeleted(data: EventData<'dev.lading.tag.deleted.v1'>, context: EventContext): Promise<void> {
    await this.note(context, ofUntagged([data.manifestId], context.event.time, this.clocks, 'tag deleted'));
  }

  private windowAfter({ event }: EventContext): Date {
    return new Date(event.time.getTime() + this.clocks.restoreWindowMs);
  }

  private link(data: { repositoryId: number; digest: string }, { event }: EventContext, reason: string): Candidate {
    return ofLink(data.repositoryId, data.digest, event.time, this.clocks.leaseMs, reason);
  }

  private note({ transaction }: EventContext, candidates: readonly Candidate[]): Promise<void> {
    return Candidates.note(transaction, candidates);
  }
}
