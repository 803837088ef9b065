/**
 * Reads a stream of server-sent events (WHATWG HTML, section 9.2.6), as far as a feed sends them. A block without data has
 * its id all the same: the place from which to go on.
 *
 * @param {AsyncIterable<Uint8Array>} body
 * @returns {AsyncGenerator<{ id?: string, data?: string }>}
 */
export async function* readServerSentEvents(body) {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield readBlock(block);
  }
}

function readBlock(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === 'data' && fields.data !== undefined) fields.data += `\n${value}`;
    else if (name === 'data' || name === 'id') fields[name] = value;
  }
  return fields;
}
