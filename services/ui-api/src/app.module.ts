import { AccessTokenVerifier } from '@lading/access-token';
import { EventFeed } from '@lading/events';
import { AuthPort, CollectorPort, SnapshotPort } from '@lading/rpc';
import { type DynamicModule, Module } from '@nestjs/common';
import { AdministratorGuard } from './access/administrator.guard.js';
import { Callers } from './access/callers.js';
import { CollectionController } from './collection/collection.controller.js';
import { DeadLettersController } from './event/dead-letters.controller.js';
import { EventsController } from './event/events.controller.js';
import { FollowEvents } from './event/follow-events.js';
import { HeadWatch } from './event/head-watch.js';
import { Installation } from './event/installation.js';
import { ListEvents } from './event/list-events.js';
import { ListSnapshot } from './event/list-snapshot.js';
import { HealthController } from './health/health.controller.js';
import { OpenStreams } from './stream/open-streams.js';

/** What the composition root found or made before the application. */
export interface UiApiParts {
  readonly feed: EventFeed;
  readonly auth: AuthPort;
  readonly snapshots: SnapshotPort;
  readonly collector: CollectorPort;
  readonly streams: OpenStreams;
}

@Module({})
class UiApiModule {}

/** The composition root of the service: binds the parts to the classes that use them. */
export function uiApiModule({ feed, auth, snapshots, collector, streams }: UiApiParts): DynamicModule {
  const verifier = new AccessTokenVerifier({ getKeys: () => auth.getKeys({}) });
  const installation = new Installation(auth);
  const callers = new Callers(auth, verifier);
  return {
    module: UiApiModule,
    controllers: [EventsController, DeadLettersController, CollectionController, HealthController],
    providers: [
      AdministratorGuard,
      { provide: Callers, useValue: callers },
      { provide: EventFeed, useValue: feed },
      { provide: ListEvents, useValue: new ListEvents(feed, installation) },
      { provide: FollowEvents, useValue: new FollowEvents(feed, new HeadWatch(feed), installation, callers) },
      { provide: ListSnapshot, useValue: new ListSnapshot(snapshots) },
      { provide: CollectorPort, useValue: collector },
      { provide: OpenStreams, useValue: streams },
    ],
  };
}
