import { asyncApiDocument } from './async-api.js';
import { EVENT_CATALOGUE, type EventType } from './catalogue.js';
import { EVENT_EXAMPLES } from './event-examples.js';

interface Schema {
  required: string[];
  properties: Record<string, unknown>;
  additionalProperties?: unknown;
}
interface Document {
  channels: { events: { messages: Record<string, { $ref: string }> } };
  components: { messages: Record<string, { examples: { payload: object }[] }>; schemas: Record<string, Schema> };
}

const document = asyncApiDocument() as unknown as Document;
const types = Object.keys(EVENT_CATALOGUE) as EventType[];

it('has every type of the catalogue, and no other', () => {
  expect(Object.keys(document.channels.events.messages)).toEqual(types);
  expect(Object.keys(document.components.messages)).toEqual(types);
  expect(Object.keys(document.components.schemas)).toEqual(['CloudEvent', ...types]);
});

it('refers to nothing that is not in it', () => {
  const references = JSON.stringify(document).match(/"\$ref":"[^"]+"/g) ?? [];
  expect(references.length).toBeGreaterThan(types.length);
  for (const reference of references) {
    const path = JSON.parse(`{${reference}}`).$ref.slice(2).split('/') as string[];
    const found = path.reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], document);
    expect([reference, found]).toEqual([reference, expect.any(Object)]);
  }
});

it.each(types)('has an example of %s that is one, with all the attributes of the envelope', (type) => {
  const { data } = EVENT_EXAMPLES[type];
  expect(EVENT_CATALOGUE[type].strict().parse(data)).toEqual(data);
  const payload = document.components.messages[type]?.examples[0]?.payload ?? {};
  expect(payload).toMatchObject({ type, data });
  const envelope = document.components.schemas.CloudEvent;
  expect(Object.keys(payload).sort()).toEqual(Object.keys(envelope?.properties ?? {}).sort());
  expect(envelope?.required.toSorted()).toEqual(Object.keys(payload).sort());
});

it('asks for what is always there, and lets newer fields pass', () => {
  const schema = document.components.schemas['dev.lading.tag.set.v1'];
  expect(schema?.required).toContain('tag');
  expect(schema?.required).not.toContain('previousManifestId');
  expect(schema?.additionalProperties).not.toBe(false);
});
