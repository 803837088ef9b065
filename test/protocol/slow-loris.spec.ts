import { setTimeout as delay } from 'node:timers/promises';
import { seededBytes } from '../support/seeded-bytes.js';
import { BEYOND_BUFFERS } from './support/beyond-buffers.js';
import { openUpload, pushImage, putBlob } from './support/content.js';
import { eventually } from './support/eventually.js';
import { openFiles } from './support/open-files.js';
import { head, Raw } from './support/raw.js';
import { memoryOf, useUnharmed } from './support/unharmed.js';

const MANY = 200;
const NAME = 'slow/app';
/** MiB that a thousand connections which do nothing may take, at 100 kB each. */
const MOST_MEMORY = 100;

const { registry, http } = useUnharmed();
let admin: string;

beforeAll(async () => {
  admin = `Authorization: ${http.authorization}`;
});

const upTo = (count: number, open: () => Raw) => Array.from({ length: count }, open);

it('a thousand connections that are slow in every way take nothing from others', async () => {
  const blob = `/v2/${NAME}/blobs/${await putBlob(http, NAME, seededBytes(24 * 1024 * 1024, 'slow'))}`;
  const at = await openUpload(http, NAME);
  const form = 'Content-Type: application/x-www-form-urlencoded';
  const before = { files: openFiles(registry).all, memory: memoryOf(registry) };

  const silent = upTo(MANY, () => Raw.open(registry));
  const dripping = [
    ...upTo(MANY, () => Raw.open(registry, `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: `)),
    ...upTo(MANY, () => Raw.open(registry, head('PUT', `/v2/${NAME}/manifests/v1`, admin, 'Content-Length: 100000'))),
    ...upTo(MANY, () => Raw.open(registry, head('POST', '/token', form, 'Content-Length: 60000'))),
    Raw.open(registry, head('PATCH', at, admin, 'Content-Length: 100000')),
  ];
  const idle = upTo(MANY, () => Raw.open(registry, head('GET', '/livez')));
  const deaf = upTo(20, () => Raw.open(registry, head('GET', blob, admin)));
  for (const { socket } of deaf) socket.pause();
  await Promise.all(idle.map((raw) => raw.answered(1)));
  await eventually('all connections', () => openFiles(registry).all >= before.files + 5 * MANY || undefined);

  for (let round = 0; round < 20; round++) {
    for (const raw of dripping) raw.write('x');
    await pushImage(http, 'slow/others', `v${round}`);
    expect((await http.send('GET', `/v2/slow/others/manifests/v${round}`)).status).toBe(200);
    expect((await http.exchange('GET', '/token')).status).toBe(200);
  }
  expect(memoryOf(registry) - before.memory).toBeLessThan(MOST_MEMORY);
  expect((await http.send('GET', at)).status).toBe(204);

  for (const raw of [...silent, ...dripping, ...idle, ...deaf]) raw.cut();
  await eventually('connections closed', () => openFiles(registry).all <= before.files + 20 || undefined);
});

it('connections that come and go as fast as they can leave nothing behind', async () => {
  const before = openFiles(registry).all;
  for (let round = 0; round < 20; round++) {
    const group = upTo(MANY, () => Raw.open(registry, round % 2 === 0 ? head('GET', '/v2/') : 'no request\r\n\r\n'));
    await Promise.all(group.map((raw) => raw.answered(1)));
    for (const raw of group) raw.cut();
  }
  await eventually('connections closed', () => openFiles(registry).all <= before + 20 || undefined);
});

it('requests that are cut in the midst of their body, or before their answer, leave nothing behind', async () => {
  const before = openFiles(registry);
  for (let round = 0; round < 100; round++) {
    const at = await openUpload(http, NAME);
    const raws = [
      Raw.open(registry, head('PUT', `/v2/${NAME}/manifests/cut`, admin, 'Content-Length: 1000')),
      Raw.open(registry, head('PATCH', at, admin, 'Transfer-Encoding: chunked')),
      Raw.open(registry, head('POST', '/token', 'Content-Length: 1000')),
      Raw.open(registry, head('GET', `/v2/${NAME}/tags/list`, admin)),
    ];
    for (const raw of raws) raw.write('1\r\nx\r\n');
    await delay(round % 5);
    for (const raw of raws) raw.cut();
  }
  await eventually('files closed', () => openFiles(registry).blobs <= before.blobs || undefined);
  await eventually('connections closed', () => openFiles(registry).all <= before.all + 20 || undefined);
});

it('HTTP-22: many GETs of a blob in one packet open one file at a time, and none once their client went away', async () => {
  const blob = `/v2/${NAME}/blobs/${await putBlob(http, NAME, seededBytes(BEYOND_BUFFERS, 'many'))}`;
  const before = openFiles(registry);
  const raw = Raw.open(registry, head('GET', blob, admin).repeat(300));
  raw.socket.pause();
  await eventually('the first is served', () => openFiles(registry).blobs > before.blobs || undefined);
  await http.send('GET', `/v2/${NAME}/tags/list`);
  expect(openFiles(registry).blobs).toBe(before.blobs + 1);
  raw.cut();
  await eventually('files closed', () => openFiles(registry).blobs <= before.blobs || undefined);
});

it('a thousand requests in one packet are answered in their order', async () => {
  const names = Array.from({ length: 1000 }, (_, n) => `slow/n${n}`);
  const raw = Raw.open(registry, names.map((name) => head('GET', `/v2/${name}/tags/list`)).join(''));
  const answers = await raw.answered(names.length);
  const asked = answers.map(({ headers }) => /scope="repository:([^:]+):/.exec(headers['www-authenticate']!)?.[1]);
  expect(asked).toEqual(names);
  raw.cut();
});

it('a client that sends requests without end and reads no answer is not read any further, and takes no memory', async () => {
  const before = memoryOf(registry);
  const deaf = Raw.open(registry);
  deaf.socket.pause();
  const requests = head('GET', '/v2/').repeat(1000);
  for (let n = 0; n < 1000; n++) deaf.write(requests); // 43 MB, more than the buffers between the two take.
  for (let n = 0; n < 500; n++) expect((await http.send('GET', '/v2/')).status).toBe(200);
  expect(deaf.socket.writableLength).toBeGreaterThan(0);
  expect(memoryOf(registry) - before).toBeLessThan(MOST_MEMORY);
  deaf.cut();
});
