import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  makeGenericClientConstructor,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { fromServiceError, isTransient } from './wire-error.js';

export interface GrpcClientOptions {
  /** `host:port` of the service. */
  address: string;
  /** How long one attempt may take, in milliseconds. */
  deadlineMs?: number;
  /** Attempts in all; every call of ours may be sent again. */
  attempts?: number;
}

/** A port over gRPC, and how to end it. */
export type GrpcClient<Port> = Port & { close(): void };

type Unary = (
  request: unknown,
  options: { deadline: number },
  done: (error: ServiceError | null, response: unknown) => void,
) => void;

type Streaming = (request: unknown, options: { deadline: number }) => ClientReadableStream<unknown>;

/** Milliseconds. A stream ends by itself before; this is for a server that says nothing any more. */
const LONGEST_STREAM_MS = 15 * 60_000;

/** Largest message: the largest manifest that can be set (15 MiB), and what was read from it, which is no more than it. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * The remote adapter of a port. A call that times out or finds no server is sent again (the services answer a
 * repeated call as they did the first); what a service refuses is thrown as the domain error it threw. A call that answers
 * with a stream is not sent again, because its reader may have had a part of it.
 */
export function createGrpcClient<Port extends object>(
  definition: ServiceDefinition,
  { address, deadlineMs = 15_000, attempts = 4 }: GrpcClientOptions,
): GrpcClient<Port> {
  const Constructor = makeGenericClientConstructor(definition, 'lading');
  const client = new Constructor(address, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_reconnect_backoff_ms': 2_000,
  });
  const port: Record<string, unknown> = { close: () => client.close() };
  for (const [method, { responseStream }] of Object.entries(definition)) {
    port[method] = responseStream
      ? (request: unknown) => readStream(client, method, request)
      : (request: unknown) => callWithRetries(client, method, request, deadlineMs, attempts);
  }
  return port as GrpcClient<Port>;
}

async function callWithRetries(client: Client, method: string, request: unknown, deadlineMs: number, attempts: number) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(client, method, request, deadlineMs);
    } catch (error) {
      if (attempt >= attempts || !isTransient(error as ServiceError)) throw fromServiceError(error as ServiceError);
      await sleep(50 * 2 ** attempt * (0.5 + Math.random()));
    }
  }
}

function call(client: Client, method: string, request: unknown, deadlineMs: number): Promise<unknown> {
  const unary = (client as unknown as Record<string, Unary>)[method];
  if (!unary) throw new Error(`no method ${method} in this service`);
  return new Promise((resolve, reject) => {
    unary.call(client, request, { deadline: Date.now() + deadlineMs }, (error, response) =>
      error ? reject(error) : resolve(response),
    );
  });
}

/** Messages as they are asked for; the server stops sending while nobody does, and is told when the reader leaves. */
async function* readStream(client: Client, method: string, request: unknown): AsyncGenerator<unknown> {
  const start = (client as unknown as Record<string, Streaming>)[method];
  if (!start) throw new Error(`no method ${method} in this service`);
  const stream = start.call(client, request, { deadline: Date.now() + LONGEST_STREAM_MS });
  try {
    yield* stream;
  } catch (error) {
    throw fromServiceError(error as ServiceError);
  } finally {
    stream.cancel();
  }
}
