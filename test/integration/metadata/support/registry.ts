import {
  BlobController,
  CollectionController,
  closePools,
  DeletionController,
  ManifestController,
  type MetadataSettings,
  migrateRegistry,
  openPools,
  type RegistryPools,
  RuleController,
  ScopeController,
  UploadController,
} from '@lading/metadata';
import type { Scope } from '@lading/proto';
import { createTestDatabase, type TestDatabase } from '@lading/testing';

export const SETTINGS: MetadataSettings = {
  leaseMs: 3_600_000,
  delayMs: 3_600_000,
  untaggedDelayMs: 3_600_000,
  holdMs: 3_600_000,
  restoreWindowMs: 3_600_000,
  eventRetentionMs: 3_600_000,
  uploadTtlMs: 3_600_000,
  openUploads: 10_000,
  nameLevels: 2,
};

/** Who asks when a test does not say. */
export const PRINCIPAL = 'account:1';

/** `metadata` on a database of its own: its services as the others see them, and the rows behind them. */
export class Registry {
  readonly uploads: UploadController;
  readonly blobs: BlobController;
  readonly manifests: ManifestController;
  readonly rules: RuleController;
  readonly scopes: ScopeController;
  readonly collection: CollectionController;
  readonly deletions: DeletionController;

  private constructor(
    readonly database: TestDatabase,
    readonly pools: RegistryPools,
    settings: MetadataSettings,
  ) {
    this.uploads = new UploadController(pools, settings);
    this.blobs = new BlobController(pools, settings);
    this.manifests = new ManifestController(pools, settings);
    this.rules = new RuleController(pools);
    this.scopes = new ScopeController(pools);
    this.collection = new CollectionController(pools, settings);
    this.deletions = new DeletionController(pools, settings);
  }

  static async open(settings: Partial<MetadataSettings> = {}): Promise<Registry> {
    const database = await createTestDatabase({ name: 'registry', migrate: (url) => migrateRegistry({ url }) });
    return new Registry(database, openPools({ url: database.url }), { ...SETTINGS, ...settings });
  }

  /** What the token service would grant for this name now. */
  async scope(name: string, more: Partial<Scope> = {}): Promise<Scope> {
    const { scopes } = await this.scopes.resolveScopes({ names: [name] });
    const { groupLevel: _, ...resolved } = scopes[0]!;
    return { ...resolved, principal: PRINCIPAL, credential: PRINCIPAL, mayPush: true, ...more };
  }

  async rows<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.pools.write.query<T>(text, values)).rows;
  }

  async close(): Promise<void> {
    await closePools(this.pools);
    await this.database.drop();
  }
}
