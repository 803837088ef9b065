import { readServerSentEvents } from './server-sent-events.mjs';

async function read(...pieces: (string | Buffer)[]): Promise<object[]> {
  async function* body() {
    for (const piece of pieces) yield Buffer.from(piece);
  }
  const blocks = [];
  for await (const block of readServerSentEvents(body())) blocks.push(block);
  return blocks;
}

it('reads ids and data, and passes over what it does not know', async () => {
  expect(await read('retry: 1000\n\nid: 7\ndata: {"a": 1}\nevent: x\n\n: nothing new\nid: 8\n\n')).toEqual([
    {},
    { id: '7', data: '{"a": 1}' },
    { id: '8' },
  ]);
});

it('joins lines of data', async () => {
  expect(await read('data: a\ndata:b\n\n')).toEqual([{ data: 'a\nb' }]);
});

it('reads blocks and letters that come in pieces, and leaves out one that was cut', async () => {
  const bytes = Buffer.from('data: é\n\ndata: cut');
  for (let at = 0; at <= bytes.length; at++) {
    expect(await read(bytes.subarray(0, at), bytes.subarray(at))).toEqual([{ data: 'é' }]);
  }
});
