import { randomUUID } from 'node:crypto';
import { AccessTokenVerifier } from '@lading/access-token';
import type { Pool } from '@lading/database';
import { EventFeed } from '@lading/events';
import type { Logger } from '@lading/platform';
import {
  type AuthPort,
  CollectorPort,
  DeletionPort,
  type ManifestPort,
  RulePort,
  type ScopePort,
  type SnapshotPort,
  StoragePort,
} from '@lading/rpc';
import { type DynamicModule, Module } from '@nestjs/common';
import { AdministratorGuard } from './access/administrator.guard.js';
import { Callers } from './access/callers.js';
import { Scopes } from './access/scopes.js';
import { CollectionController } from './collection/collection.controller.js';
import { DeletionController } from './deletion/deletion.controller.js';
import { Undelete } from './deletion/undelete.js';
import { DeadLettersController } from './event/dead-letters.controller.js';
import { EventsController } from './event/events.controller.js';
import { FollowEvents } from './event/follow-events.js';
import { HeadWatch } from './event/head-watch.js';
import { Installation } from './event/installation.js';
import { ListEvents } from './event/list-events.js';
import { ListSnapshot } from './event/list-snapshot.js';
import { HealthController } from './health/health.controller.js';
import type { Endpoint } from './notification/endpoint.js';
import { MakeNotifications } from './notification/make-notifications.js';
import { NotificationsController } from './notification/notifications.controller.js';
import { Notifications } from './notification/notifications.js';
import { Queues } from './notification/queues.js';
import { Usernames } from './notification/usernames.js';
import { ChangeTagRules } from './rule/change-tag-rules.js';
import { TagRulesController } from './rule/tag-rules.controller.js';
import { ReadPlan } from './storage/read-plan.js';
import { StorageController } from './storage/storage.controller.js';
import { OpenStreams } from './stream/open-streams.js';

/** What `metadata` serves, as far as the API asks it. */
export interface RegistryPorts {
  readonly scopes: ScopePort;
  readonly manifests: ManifestPort;
  readonly rules: RulePort;
  readonly deletions: DeletionPort;
  readonly snapshots: SnapshotPort;
  readonly storage: StoragePort;
}

/** What the composition root found or made before the application. */
export interface UiApiParts {
  readonly feed: EventFeed;
  readonly auth: AuthPort;
  readonly registry: RegistryPorts;
  readonly collector: CollectorPort;
  readonly streams: OpenStreams;
  /** On the database with schema `ui`. */
  readonly pool: Pool;
  /** Receivers of notifications. */
  readonly endpoints: readonly Endpoint[];
  readonly logger: Logger;
}

@Module({})
class UiApiModule {}

/** The composition root of the service: binds the parts to the classes that use them. */
export function uiApiModule(parts: UiApiParts): DynamicModule {
  const { feed, auth, registry, collector, streams } = parts;
  const verifier = new AccessTokenVerifier({ getKeys: () => auth.getKeys({}) });
  const installation = new Installation(auth);
  const callers = new Callers(auth, verifier);
  const scopes = new Scopes(registry.scopes);
  const watch = new HeadWatch(feed);
  return {
    module: UiApiModule,
    controllers: [
      EventsController,
      DeadLettersController,
      CollectionController,
      DeletionController,
      NotificationsController,
      TagRulesController,
      StorageController,
      HealthController,
    ],
    providers: [
      AdministratorGuard,
      { provide: Callers, useValue: callers },
      { provide: EventFeed, useValue: feed },
      { provide: ListEvents, useValue: new ListEvents(feed, installation) },
      { provide: FollowEvents, useValue: new FollowEvents(feed, watch, installation, callers) },
      { provide: ListSnapshot, useValue: new ListSnapshot(registry.snapshots) },
      { provide: Scopes, useValue: scopes },
      { provide: DeletionPort, useValue: registry.deletions },
      { provide: Undelete, useValue: new Undelete(registry.deletions, registry.manifests, scopes) },
      { provide: CollectorPort, useValue: collector },
      { provide: RulePort, useValue: registry.rules },
      { provide: ChangeTagRules, useValue: new ChangeTagRules(registry.rules) },
      { provide: StoragePort, useValue: registry.storage },
      { provide: ReadPlan, useValue: new ReadPlan(registry.storage) },
      { provide: OpenStreams, useValue: streams },
      { provide: Notifications, useValue: composeNotifications(parts, watch) },
    ],
  };
}

function composeNotifications({ feed, auth, registry, pool, endpoints, logger }: UiApiParts, watch: HeadWatch) {
  const making = new MakeNotifications(registry.manifests, new Usernames(auth));
  return new Notifications(endpoints, { feed, watch, queues: new Queues(pool, randomUUID()), making, logger });
}
