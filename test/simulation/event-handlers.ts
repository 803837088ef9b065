import type { EventStrategy, EventType } from '@lading/events';
import 'reflect-metadata';

type Handler = Parameters<EventStrategy['addHandler']>[1];

/** The methods of a controller by the type that `@HandlesEvent` gives each, as Nest finds them. */
export function handlersOf(controller: object): [EventType, Handler][] {
  const prototype = Object.getPrototypeOf(controller) as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const method = prototype[name] as Handler;
    const types: EventType[] | undefined = Reflect.getMetadata('microservices:pattern', method);
    return (types ?? []).map((type): [EventType, Handler] => [type, method.bind(controller)]);
  });
}
