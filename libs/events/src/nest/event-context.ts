import { BaseRpcContext } from '@nestjs/microservices';
import type { PoolClient } from 'pg';
import type { PlacedEvent } from '../log-event.js';

/** What a handler gets beside the data: the event, and the transaction that also moves the consumer's place. */
export class EventContext extends BaseRpcContext<[PlacedEvent, PoolClient]> {
  get event(): PlacedEvent {
    return this.args[0];
  }

  get transaction(): PoolClient {
    return this.args[1];
  }
}
