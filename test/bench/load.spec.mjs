import { createHash } from 'node:crypto';
import { assertLoopback } from './load/assert-loopback.mjs';
import { parseChallenge } from './load/challenge.mjs';
import { frameChunks, LAST_CHUNK } from './load/chunk-framing.mjs';
import { closedLoop } from './load/closed-loop.mjs';
import { BlobSource } from './load/content.mjs';
import { locationOf } from './load/push.mjs';
import { requestHead } from './load/request-head.mjs';
import { ResponseParser } from './load/response-parser.mjs';
import { cpuSeconds } from './measure/process-tree.mjs';
import { isFullRun, parseOptions } from './options.mjs';

/** Gives the text in pieces of a size through one reused buffer, as the socket does. */
function parse(text, size, expectation = {}) {
  const parser = new ResponseParser();
  const pieces = [];
  parser.expect({ sink: (bytes) => pieces.push(Buffer.from(bytes)), ...expectation });
  const all = Buffer.from(text, 'latin1');
  const reused = Buffer.alloc(size);
  let answer;
  for (let offset = 0; offset < all.length; offset += size) {
    expect(answer).toBeUndefined();
    const length = all.copy(reused, 0, offset, offset + size);
    answer = parser.push(reused.subarray(0, length));
    reused.fill(0);
  }
  return { answer, body: Buffer.concat(pieces).toString('latin1') };
}

describe('answers', () => {
  const fixed = 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\nX-A: b\r\n\r\nhello world';
  const chunked =
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n';

  test.each([1, 2, 3, 7, 64, 1000])('are read whole from pieces of %i bytes', (size) => {
    for (const text of [fixed, chunked]) {
      const { answer, body } = parse(text, size);
      expect(answer).toMatchObject({ status: 200, bytes: 11 });
      expect(body).toBe('hello world');
    }
  });

  test('of HEAD end with the headers although they have a length', () => {
    const { answer } = parse('HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n', 8, { isHead: true });
    expect(answer).toMatchObject({ status: 200, bytes: 0 });
  });

  test('of status 204 have no body', () => {
    expect(parse('HTTP/1.1 204 No Content\r\n\r\n', 5).answer).toMatchObject({ status: 204 });
  });

  test('keep the body of an error for the message', () => {
    const { answer } = parse('HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\noops', 6, { sink: undefined });
    expect(answer?.body?.toString()).toBe('oops');
  });

  test('with bytes after their end are refused', () => {
    expect(() => parse(`${fixed}x`, 1000)).toThrow('1 bytes follow');
  });

  test('that no request asked for are refused', () => {
    expect(() => new ResponseParser().push(Buffer.from(fixed))).toThrow('no request asked for');
  });

  test('without a length are refused', () => {
    expect(() => parse('HTTP/1.1 200 OK\r\n\r\n', 1000)).toThrow('neither a length nor chunks');
  });
});

describe('requests', () => {
  const to = { host: '127.0.0.1', port: 5000 };

  test('carry the Authorization only when there is one', () => {
    expect(requestHead({ to, method: 'GET', path: '/v2/', authorization: '' }).toString()).toBe(
      'GET /v2/ HTTP/1.1\r\nHost: 127.0.0.1:5000\r\n\r\n',
    );
    expect(requestHead({ to, method: 'GET', path: '/', authorization: 'Bearer t' }).toString()).toContain(
      '\r\nAuthorization: Bearer t\r\n',
    );
  });

  test('framed in chunks are what a chunked reader reads', () => {
    const bytes = Buffer.from('x'.repeat(70_000));
    const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { answer } = parse(
      Buffer.concat([Buffer.from(head), frameChunks(bytes), LAST_CHUNK]).toString('latin1'),
      4096,
    );
    expect(answer?.bytes).toBe(70_000);
  });
});

describe('blobs', () => {
  test('differ, have the digest of their bytes, and come again from the same seed', () => {
    const source = new BlobSource('seed', 1000);
    const [one, other] = [source.next(), source.next()];
    expect(one.digest).not.toBe(other.digest);
    for (const blob of [one, other]) {
      const bytes = Buffer.concat(blob.parts);
      expect(bytes).toHaveLength(1000);
      expect(blob.digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
    }
    expect(new BlobSource('seed', 1000).next().digest).toBe(one.digest);
    expect(new BlobSource('seed 2', 1000).next().digest).not.toBe(one.digest);
  });
});

describe('challenges', () => {
  test('of Bearer give realm and service in any order', () => {
    const head =
      'HTTP/1.1 401 Unauthorized\r\nWww-Authenticate: Bearer service="a b",realm="http://127.0.0.1:1/token"\r\nX: y';
    expect(parseChallenge(head)).toEqual({ scheme: 'bearer', realm: 'http://127.0.0.1:1/token', service: 'a b' });
  });

  test('of Basic need no service', () => {
    expect(parseChallenge('HTTP/1.1 401 x\r\nWWW-Authenticate: Basic realm="r"')).toEqual({
      scheme: 'basic',
      realm: 'r',
      service: undefined,
    });
  });

  test('of other schemes are not answered', () => {
    expect(parseChallenge('HTTP/1.1 401 x\r\nWWW-Authenticate: Negotiate abc')).toBeUndefined();
  });
});

test('the place of an upload keeps its query, absolute or relative', () => {
  expect(locationOf('HTTP/1.1 202 A\r\nLocation: http://127.0.0.1:5000/v2/a/b?_state=x%3D\r\nX: y')).toBe(
    '/v2/a/b?_state=x%3D',
  );
  expect(locationOf('HTTP/1.1 202 A\r\nlocation: /v2/a/b')).toBe('/v2/a/b');
});

test.each(['10.0.0.1', 'example.org', '127.0.0.1.example.org', '0.0.0.0'])('load to %s is refused', (host) => {
  expect(() => assertLoopback(host)).toThrow('127.0.0.1 only');
});

describe('the closed loop', () => {
  test('ends at its count, with a latency for each step', async () => {
    let running = 0;
    let most = 0;
    const step = async () => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
    };
    const connections = Array.from({ length: 3 }, () => ({ close() {} }));
    const { latencies } = await closedLoop({ connections, seconds: 10, maxCount: 10, step });
    expect([latencies.length, most]).toEqual([10, 3]);
  });

  test('does one step on each connection when there is no time', async () => {
    const clients = [];
    await closedLoop({
      connections: [{ close() {} }, { close() {} }],
      seconds: 0,
      step: async (_, client) => clients.push(client),
    });
    expect(clients).toEqual([0, 1]);
  });

  test('closes the connections when a step does not end', async () => {
    let fail;
    const connection = { close: () => fail(new Error('closed')) };
    const step = () =>
      new Promise((_, reject) => {
        fail = reject;
      });
    await expect(closedLoop({ connections: [connection], seconds: 0, graceSeconds: 0.01, step })).rejects.toThrow(
      'closed',
    );
  });
});

test('CPU of a process that ended is counted once, through its parent', () => {
  const before = [
    { pid: 1, name: 'postgres', parent: 0, ticks: 100 },
    { pid: 2, name: 'postgres', parent: 1, ticks: 50 },
  ];
  const after = [
    { pid: 1, name: 'postgres', parent: 0, ticks: 180 },
    { pid: 3, name: 'node', parent: 0, ticks: 7 },
  ];
  expect(cpuSeconds(before, after)).toEqual({ postgres: 0.3, node: 0.07 });
});

describe('options', () => {
  test('of a full run are the defaults', () => {
    expect(isFullRun(parseOptions([]))).toBe(true);
    for (const args of [
      ['--quick'],
      ['--rows', 'push'],
      ['--servers', 'lading'],
      ['--url', 'x=http://127.0.0.1:5000'],
    ]) {
      expect(isFullRun(parseOptions(args))).toBe(false);
    }
  });

  test.each(['--rounds=0', '--rounds=many', '--url=http://127.0.0.1:1', '--unknown'])(
    '%s is refused by its name',
    (option) => {
      expect(() => parseOptions([option])).toThrow(option.split('=', 1)[0]);
    },
  );

  test('a quick run has one round', () => {
    expect(parseOptions(['--quick']).rounds).toBe(1);
    expect(parseOptions(['--quick', '--rounds', '3']).rounds).toBe(3);
  });
});
