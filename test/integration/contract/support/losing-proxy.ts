import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';

const bytes = { serialize: (message: Buffer) => message, deserialize: (message: Buffer) => message };

export interface LosingProxy {
  /** `host:port` for clients. */
  readonly address: string;
  /** Answers that the server gave and nobody got. */
  readonly lost: () => number;
  close(): void;
}

/**
 * Stands between gRPC clients and a server and loses answers: of every two equal calls in a row the first is carried
 * out to its end, and its client is told `UNAVAILABLE` or `DEADLINE_EXCEEDED`, or with `silent` nothing at all, so that
 * it meets its own deadline. The second is answered. A call that answers with a stream passes: it is not sent again.
 *
 * @param server `host:port`
 */
export async function startLosingProxy(
  server: string,
  definitions: readonly ServiceDefinition[],
  { silent = false } = {},
): Promise<LosingProxy> {
  const most = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const upstream = new Client(server, credentials.createInsecure(), most);
  const proxy = new Server(most);
  const once = new Set<string>();
  let lost = 0;
  for (const { path, responseStream } of definitions.flatMap((definition) => Object.values(definition))) {
    if (responseStream) {
      proxy.register(path, passStream(upstream, path) as never, bytes.serialize, bytes.deserialize, 'serverStream');
      continue;
    }
    const handle = (
      call: { request: Buffer },
      done: (error: Partial<ServiceError> | null, answer?: Buffer) => void,
    ) => {
      const key = `${path} ${call.request.toString('base64')}`;
      const isFirst = !once.delete(key);
      if (isFirst) once.add(key);
      upstream.makeUnaryRequest(
        path,
        bytes.serialize,
        bytes.deserialize,
        call.request,
        new Metadata(),
        (error, answer) => {
          if (!isFirst) return done(error, answer);
          lost += 1;
          const code = lost % 2 === 0 ? status.UNAVAILABLE : status.DEADLINE_EXCEEDED;
          if (!silent) done({ code, details: 'the answer was lost on its way' });
        },
      );
    };
    proxy.register(path, handle as never, bytes.serialize, bytes.deserialize, 'unary');
  }
  const port = await new Promise<number>((resolve, reject) =>
    proxy.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const close = () => {
    proxy.forceShutdown();
    upstream.close();
  };
  return { address: `127.0.0.1:${port}`, lost: () => lost, close };
}

function passStream(upstream: Client, path: string) {
  return (call: ServerWritableStream<Buffer, Buffer>) => {
    const { serialize, deserialize } = bytes;
    const answer = upstream.makeServerStreamRequest(path, serialize, deserialize, call.request, new Metadata());
    call.once('cancelled', () => answer.cancel());
    answer.once('error', (error) => call.emit('error', error));
    answer.pipe(call as never);
  };
}
