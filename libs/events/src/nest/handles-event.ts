import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, UseFilters } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import type { EventData, EventType } from '../catalogue.js';
import type { EventContext } from './event-context.js';

/** Lets what a handler throws through as it is: the consumer tells what passes from what does not by it. */
@Catch()
class EventErrorFilter implements ExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost) {
    return throwError(() => error);
  }
}

/** Marks a class whose methods handle events. */
export function EventController(): ClassDecorator {
  return (target) => {
    UseFilters(EventErrorFilter)(target);
    Controller()(target);
  };
}

/** Marks a method as the handler of one type of event. It gets data of that type and the context. */
export function HandlesEvent<T extends EventType>(type: T) {
  return (
    target: object,
    key: string,
    descriptor: TypedPropertyDescriptor<(data: EventData<T>, context: EventContext) => Promise<void>>,
  ): void => {
    EventPattern(type)(target, key, descriptor as never);
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
  };
}
