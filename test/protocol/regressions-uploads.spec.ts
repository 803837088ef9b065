import { setTimeout as delay } from 'node:timers/promises';
import { seededBytes } from '../support/seeded-bytes.js';
import { digestOf, openUpload } from './support/content.js';
import { Http } from './support/http.js';
import { OpenBody } from './support/open-body.js';
import { tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

// Faults that other registries had, each told by the public thread that its name gives (regressions.json).

const { registry, http } = useRegistry();

/** One request on a connection of its own. */
async function alone(authorization: string | undefined, ...request: Parameters<Http['send']>) {
  const client = new Http(registry, authorization);
  try {
    return await client.send(...request);
  } finally {
    client.close();
  }
}

it('regression distribution/distribution#1576, #2519: an upload whose every step another process answers is completed, with the token it began with (UPL-24)', async () => {
  const bytes = seededBytes(300_000, 'another process');
  const digest = digestOf(bytes);
  const token = `Bearer ${await tokenFor(registry, ['repository:past/steps:pull,push'])}`;
  const { headers } = await alone(token, 'POST', '/v2/past/steps/blobs/uploads/');
  const location = headers.location!;
  for (const start of [0, 100_000, 200_000]) {
    await registry.restart();
    const chunk = {
      headers: { 'content-range': `${start}-${start + 99_999}` },
      body: bytes.subarray(start, start + 1e5),
    };
    const answer = await alone(token, 'PATCH', location, chunk);
    expect(answer).toMatchObject({ status: 202, headers: { location, range: `0-${start + 99_999}` } });
  }
  await registry.restart();
  expect(await alone(token, 'GET', location)).toMatchObject({ status: 204, headers: { range: '0-299999' } });
  await registry.restart();
  expect((await alone(token, 'PUT', `${location}?digest=${digest}`)).status).toBe(201);
  const served = await alone(token, 'GET', `/v2/past/steps/blobs/${digest}`);
  expect(served.body.equals(bytes)).toBe(true);
});

it('regression distribution/distribution#1698, #2593, #2634: the PUT finds every byte that a PATCH was answered for, whichever connection it comes by (UPL-23)', async () => {
  const sizes = [1, 65_537, 175_155, 1_048_577, 3_000_000, 9_437_185];
  const push = async (lane: number, size: number) => {
    const bytes = seededBytes(size, `lane ${lane}`);
    const at = await openUpload(http, `past/lane${lane}`);
    const pieces = [bytes.subarray(0, size >> 1), bytes.subarray(size >> 1)].filter(({ length }) => length > 0);
    const patched = await alone(http.authorization, 'PATCH', at, { body: pieces });
    const asked = await alone(http.authorization, 'GET', at);
    const closed = await alone(http.authorization, 'PUT', `${at}?digest=${digestOf(bytes)}`);
    const ranges = [patched, asked].map(({ headers }) => headers.range);
    const whole = `0-${size - 1}`;
    expect([size, ranges, patched.status, closed.status, closed.codes]).toEqual([size, [whole, whole], 202, 201, []]);
    const served = await http.send('GET', closed.headers.location!);
    expect([size, served.body.equals(bytes)]).toEqual([size, true]);
  };
  const lanes = Array.from({ length: 6 }, async (_, lane) => {
    for (const size of sizes) await push(lane, size);
  });
  await Promise.all(lanes);
});

it('regression opencontainers/distribution-spec#578, project-zot/zot#3983: an upload without bytes has a range that can be read, and begins at byte 0 (UPL-20)', async () => {
  const opened = await http.send('POST', '/v2/past/empty/blobs/uploads/');
  const at = opened.headers.location!;
  const answers = [
    opened,
    await http.send('GET', at),
    await http.send('HEAD', at),
    await http.send('PATCH', at, { body: '' }),
    await http.send('PATCH', at, { body: [] }),
    await http.send('GET', at),
  ];
  expect(answers.map(({ status, headers }) => [status, headers.range])).toEqual(
    [202, 204, 204, 202, 202, 204].map((status) => [status, '0-0']),
  );
  // The same words as for one byte: what is there is told apart by what is taken next.
  const chunk = (start: number, body: string) =>
    http.send('PATCH', at, { headers: { 'content-range': `${start}-${start}` }, body });
  expect((await chunk(1, 'b')).status).toBe(416);
  expect(await chunk(0, 'a')).toMatchObject({ status: 202, headers: { range: '0-0' } });
  expect((await chunk(0, 'a')).status).toBe(416);
  expect(await chunk(1, 'b')).toMatchObject({ status: 202, headers: { range: '0-1' } });
  expect((await http.send('PUT', `${at}?digest=${digestOf('ab')}`)).status).toBe(201);
});

it('regression project-zot/zot#3983: a last chunk out of order is 416 in the PUT, a range that cannot be read 400, and neither adds a byte (UPL-27)', async () => {
  const at = await openUpload(http, 'past/last');
  await http.send('PATCH', at, { body: 'first ' });
  const close = (range: string) =>
    http.send('PUT', `${at}?digest=${digestOf('first last')}`, { headers: { 'content-range': range }, body: 'last' });
  for (const [range, status] of [
    ['0-3', 416],
    ['5-8', 416],
    ['7-10', 416],
    ['-', 400],
    ['6', 400],
    ['', 400],
  ] as const) {
    const refused = await close(range);
    expect([range, refused.status, refused.codes]).toEqual([range, status, ['BLOB_UPLOAD_INVALID']]);
    expect(await http.send('GET', at)).toMatchObject({ status: 204, headers: { range: '0-5' } });
  }
  expect((await close('6-9')).status).toBe(201);
});

if (process.env.LADING_NIGHT) {
  it('regression distribution/distribution#755, nodejs/node#46574, nodejs/node#47421: what takes longer than 300 s is carried to its end (HTTP-17)', async () => {
    const piece = seededBytes(50_000, 'a slow layer');
    const pieces = Array.from({ length: 64 }, () => piece);
    const digest = digestOf(Buffer.concat(pieces));
    const at = await openUpload(http, 'past/slow');
    const body = await OpenBody.start(registry, 'PUT', `${at}?digest=${digest}`, { authorization: http.authorization });
    for (const each of pieces) {
      await body.write(each);
      await delay(5_000);
    }
    expect(await body.finish()).toBe(201);
    body.cut();
    expect(digestOf((await http.send('GET', `/v2/past/slow/blobs/${digest}`)).body)).toBe(digest);
  }, 400_000);
}
