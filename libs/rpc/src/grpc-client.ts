import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
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

/** Largest message: the largest manifest that can be set (15 MiB), and what was read from it, which is no more than it. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/**
 * The remote adapter of a port. A call that times out or finds no server is sent again (the services answer a
 * repeated call as they did the first); what a service refuses is thrown as the domain error it threw.
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
  for (const method of Object.keys(definition)) {
    port[method] = (request: unknown) => callWithRetries(client, method, request, deadlineMs, attempts);
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
