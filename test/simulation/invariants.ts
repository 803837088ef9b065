import { storedDigest } from './content.js';
import { type BlobObject, linkKey, type Manifest, tagKey } from './database/tables.js';
import type { World } from './world.js';

/** States that an object may have after one that it had. */
const AFTER: Readonly<Record<BlobObject['state'], readonly BlobObject['state'][]>> = {
  uploading: ['uploading', 'live', 'condemned', 'purging', 'gone'],
  live: ['live', 'condemned', 'purging', 'gone'],
  condemned: ['condemned', 'live', 'purging', 'gone'],
  purging: ['purging', 'gone'],
  gone: ['gone'],
};

/** What holds after every step, of what is committed and on the disk. */
export class Invariants {
  private readonly states = new Map<string, BlobObject['state']>();

  constructor(private readonly world: World) {}

  /** Each rule that does not hold. */
  check(): string[] {
    const broken = [...this.world.broken];
    const note = (rule: string, isKept: boolean) => {
      if (!isKept) broken.push(rule);
    };
    this.checkObjects(note);
    this.checkEdges(note);
    this.checkNames(note);
    return [...new Set(broken)];
  }

  private checkObjects(note: (rule: string, isKept: boolean) => void): void {
    const { db, disk } = this.world;
    const { objects, links } = db.registry;
    const current = new Set<string>();
    const rows = objects.rows();
    for (const row of rows) {
      const before = this.states.get(row.id) ?? 'uploading';
      if (before !== row.state) {
        note(`an object that was ${before} is ${row.state}`, AFTER[before].includes(row.state));
        this.states.set(row.id, row.state);
      }
      if (row.state !== 'live' && row.state !== 'condemned') continue;
      note('two objects serve one digest', !current.has(row.digest as string));
      current.add(row.digest as string);
      const digest = disk.digestAt(row.id);
      note(`a ${row.state} object has no bytes`, digest !== undefined && storedDigest(digest) === row.digest);
    }
    for (const key of disk.keys) note('bytes have no row', objects.cell(key.slice(-36)).see(undefined) !== undefined);
    for (const link of links.rows()) {
      const state = objects.cell(link.object_id).see(undefined)?.state;
      note('a link leads to no bytes', state === 'live' || state === 'condemned');
    }
  }

  private checkEdges(note: (rule: string, isKept: boolean) => void): void {
    const { objects, links, edges, manifests } = this.world.db.registry;
    const known = new Map(manifests.rows().map((row) => [row.id, row]));
    for (const edge of edges.rows()) {
      const owner = known.get(edge.manifest_id);
      const isLive = owner?.deleted_at === null;
      if (edge.object_id !== null) {
        note('what a manifest names is not live', objects.cell(edge.object_id).see(undefined)?.state === 'live');
        const link = links.cell(linkKey(edge.repository_id, edge.digest)).see(undefined);
        note('a manifest names a blob that has no link', link?.object_id === edge.object_id);
        if (isLive) note('a live manifest names a blob that is not shown', link?.hidden === false);
      }
      if (edge.child_id === null) continue;
      const child = known.get(edge.child_id);
      note('an index names a manifest that is gone', child !== undefined);
      if (isLive) note('a live index names a deleted manifest', child?.deleted_at === null);
    }
  }

  private checkNames(note: (rule: string, isKept: boolean) => void): void {
    const { tags, manifests, repositories } = this.world.db.registry;
    const live = new Map<number, Manifest>();
    for (const row of manifests.rows()) if (row.deleted_at === null) live.set(row.id, row);
    for (const tag of tags.rows()) note('a tag names a deleted manifest', live.has(tag.manifest_id));
    for (const { repository, tag, digest } of this.world.kept.values()) {
      const row = repositories.rows().find(({ full_path }) => full_path === repository);
      const named = row && tags.cell(tagKey(row.id, tag)).see(undefined);
      const manifest = named && live.get(named.manifest_id);
      note('an acknowledged push is lost', manifest?.digest === storedDigest(digest));
    }
  }

  /** What is left over once everything is quiet: bytes that nothing names, and rows that wait. */
  leftOver(): string[] {
    const { db, disk } = this.world;
    const { objects, links, manifests, tags, sessions, edges, repositories } = db.registry;
    const named = new Set(edges.rows().flatMap(({ object_id }) => object_id ?? []));
    const left: string[] = [];
    for (const { id, state } of objects.rows())
      if (state !== 'gone' && !named.has(id)) left.push(`an object is ${state}`);
    for (const key of disk.keys) if (!named.has(key.slice(-36))) left.push('bytes that nothing names');
    for (const link of links.rows()) if (!named.has(link.object_id)) left.push('a link that nothing needs');
    if (sessions.rows().some(({ state }) => state === 'open')) left.push('an open session');
    const used = new Set([...manifests.rows(), ...links.rows(), ...sessions.rows()].map((row) => row.repository_id));
    if (repositories.rows().some(({ id }) => !used.has(id))) left.push('a repository that nothing is in');
    const tagged = new Set(tags.rows().map(({ manifest_id }) => manifest_id));
    const children = new Set(edges.rows().flatMap(({ child_id }) => child_id ?? []));
    for (const row of manifests.rows())
      if (row.deleted_at !== null && !children.has(row.id)) left.push('a deleted manifest');
      else if (!tagged.has(row.id) && !children.has(row.id) && row.subject === null) left.push('an untagged manifest');
    return [...new Set(left)];
  }
}
