import { z } from 'zod';
import { EVENT_CATALOGUE, type EventType } from './catalogue.js';
import { toCloudEvent } from './cloud-event.js';
import { EVENT_EXAMPLES } from './event-examples.js';

type Json = { [key: string]: unknown };

const TYPES = Object.keys(EVENT_CATALOGUE) as EventType[];

/** The catalogue as an AsyncAPI 3.0 document: every type, its envelope, its data and an example. */
export function asyncApiDocument(): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Lading events',
      version: '1.0.0',
      description: 'Every change of the registry, in order for each partitionkey, at least once. See docs/events.md.',
    },
    defaultContentType: 'application/cloudevents+json',
    channels: {
      events: {
        address: '/api/v4/events',
        messages: Object.fromEntries(TYPES.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
      },
    },
    operations: { sendEvents: { action: 'send', channel: { $ref: '#/channels/events' } } },
    components: {
      messages: Object.fromEntries(TYPES.map((type) => [type, messageOf(type)])),
      schemas: { CloudEvent: ENVELOPE, ...Object.fromEntries(TYPES.map((type) => [type, dataSchemaOf(type)])) },
    },
  };
}

function messageOf(type: EventType): Json {
  const properties = { type: { const: type }, data: { $ref: `#/components/schemas/${type}` } };
  return {
    name: type,
    contentType: 'application/cloudevents+json',
    payload: { allOf: [{ $ref: '#/components/schemas/CloudEvent' }, { type: 'object', properties }] },
    examples: [{ payload: exampleOf(type) }],
  };
}

/** Read as a subscriber reads: fields that it does not know may be there. */
function dataSchemaOf(type: EventType): Json {
  const { $schema: _, ...schema } = z.toJSONSchema(EVENT_CATALOGUE[type], { target: 'draft-7', io: 'input' });
  return schema;
}

function exampleOf(type: EventType) {
  const isProject = type.startsWith('dev.lading.project.');
  const aggregateVersion = isProject ? 1 : type.endsWith('.pulled.v1') ? 0 : 4;
  return toCloudEvent(
    {
      ...{ id: '01a21313-e497-7279-803f-8f4669b44aef', topic: '', type, key: keyOf(type) },
      ...{ aggregateVersion, time: new Date('2026-11-25T14:20:00.536Z'), cursor: '345' },
      ...EVENT_EXAMPLES[type],
    },
    '01a21313-dfca-710a-9275-af516274caa0',
  );
}

function keyOf(type: EventType): string {
  if (type.startsWith('dev.lading.project.')) return 'project:3';
  return 'repositoryId' in EVENT_EXAMPLES[type].data ? '7' : 'store';
}

const ENVELOPE: Json = {
  type: 'object',
  description: 'CloudEvents 1.0, structured mode.',
  required: [
    ...['specversion', 'id', 'source', 'type', 'subject', 'time', 'datacontenttype'],
    ...['partitionkey', 'aggregateversion', 'cursor', 'data'],
  ],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', format: 'uuid', description: 'The same when the event is delivered again.' },
    source: { type: 'string', format: 'uri', description: 'The installation.' },
    type: { type: 'string', pattern: '^dev\\.lading\\.[a-z]+\\.[a-z]+\\.v[1-9][0-9]*$' },
    subject: {
      type: 'string',
      description: 'The repository with @digest or :tag; the path of a project; the digest of bytes.',
    },
    time: { type: 'string', format: 'date-time', description: 'For people, never for order.' },
    datacontenttype: { const: 'application/json' },
    partitionkey: { type: 'string', description: 'Events of one key keep their order.' },
    aggregateversion: {
      type: 'integer',
      minimum: 0,
      description: 'Counts the events of the key, without a gap; 0 for one that does not count (pulls).',
    },
    cursor: { type: 'string', maxLength: 64, description: 'Where the feed goes on behind this event.' },
    data: { type: 'object' },
  },
};
