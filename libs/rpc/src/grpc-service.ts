import type { ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js';
import { OciError } from '@lading/oci';
import { type ArgumentsHost, Catch, Controller, type ExceptionFilter, Optional, UseFilters } from '@nestjs/common';
import { GrpcMethod, type GrpcOptions, Transport } from '@nestjs/microservices';
import { throwError } from 'rxjs';
import { MAX_MESSAGE_BYTES } from './grpc-client.js';
import { pacedStream } from './grpc-stream.js';
import { toServiceError } from './wire-error.js';

/** Where a service started alone writes faults: its caller learns only that there was one. */
export abstract class RpcFaultLog {
  abstract error(fields: object, message: string): void;
}

/** Turns what a use case throws into a gRPC status with the domain error in a trailer. */
@Catch()
class RpcErrorFilter implements ExceptionFilter {
  constructor(@Optional() private readonly log?: RpcFaultLog) {}

  catch(error: unknown, _host: ArgumentsHost) {
    if (!(error instanceof OciError) || error.status >= 500) this.log?.error({ err: error }, 'call failed');
    return throwError(() => toServiceError(error));
  }
}

/** Name of a generated service, for example `lading.metadata.v1.BlobService`. */
function serviceName(definition: ServiceDefinition): string {
  const [first] = Object.values(definition);
  const name = first?.path.split('/')[1];
  if (!name) throw new Error('a service without methods cannot be served');
  return name;
}

/**
 * Marks a Nest controller as the server of a generated service: each of its methods with the name of an rpc answers
 * that rpc. The same class is the port's adapter within the process.
 */
export function GrpcService(definition: ServiceDefinition): ClassDecorator {
  return (target) => {
    const prototype = target.prototype as Record<string, unknown>;
    const short = serviceName(definition).split('.').at(-1);
    for (const [method, { responseStream }] of Object.entries(definition)) {
      if (!Object.hasOwn(prototype, method)) throw new Error(`${target.name} does not serve ${method}`);
      const name = responseStream ? addStreamMethod(prototype, method) : method;
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name) as PropertyDescriptor;
      GrpcMethod(short as string, method)(prototype, name, descriptor);
    }
    UseFilters(RpcErrorFilter)(target);
    Controller()(target);
  };
}

/**
 * The method for callers in this process gives an iterable; Nest is given one that makes an observable of it.
 *
 * @returns its name
 */
function addStreamMethod(prototype: Record<string, unknown>, method: string): string {
  const name = `${method}OverGrpc`;
  const value = function (this: StreamingController, request: unknown, _metadata: unknown, call: ServerCall) {
    const pages = (this as unknown as Streams)[method]?.(request);
    return pacedStream(pages as AsyncIterable<unknown>, call, this.stopping);
  };
  Object.defineProperty(prototype, name, { value, configurable: true });
  return name;
}

/** A controller with methods that answer with a stream. */
export interface StreamingController {
  /** Aborts when the service stops: streams end then, in the middle. */
  readonly stopping: AbortSignal;
}

type Streams = Record<string, (request: unknown) => AsyncIterable<unknown>>;
type ServerCall = ServerWritableStream<unknown, unknown>;

/** Options of `connectMicroservice` that serve these generated services on one address. */
export function grpcServerOptions(address: string, definitions: readonly ServiceDefinition[]): GrpcOptions {
  const packageDefinition = Object.fromEntries(definitions.map((each) => [serviceName(each), each]));
  const packages = new Set(Object.keys(packageDefinition).map((name) => name.split('.').slice(0, -1).join('.')));
  return {
    transport: Transport.GRPC,
    options: {
      url: address,
      package: [...packages],
      packageDefinition,
      maxReceiveMessageLength: MAX_MESSAGE_BYTES,
      maxSendMessageLength: MAX_MESSAGE_BYTES,
      gracefulShutdown: true,
    },
  };
}
