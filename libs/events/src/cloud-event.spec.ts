import { toCloudEvent } from './cloud-event.js';

const event = {
  id: '01a21313-e497-7279-803f-8f4669b44aef',
  topic: 'lading.registry.events.v1',
  key: '7',
  type: 'dev.lading.tag.deleted.v1',
  subject: 'team/app:v1',
  aggregateVersion: 12,
  time: new Date('2026-11-25T14:20:00.536Z'),
  data: { tag: 'v1' },
  cursor: '345',
};

it('has every attribute that CloudEvents 1.0 asks for, and ours as extensions', () => {
  expect(toCloudEvent(event, '01a21313-dfca-710a-9275-af516274caa0')).toEqual({
    specversion: '1.0',
    id: event.id,
    source: 'urn:uuid:01a21313-dfca-710a-9275-af516274caa0',
    type: event.type,
    subject: 'team/app:v1',
    time: '2026-11-25T14:20:00.536Z',
    datacontenttype: 'application/json',
    partitionkey: '7',
    aggregateversion: 12,
    cursor: '345',
    data: { tag: 'v1' },
  });
});

it('names attributes with small letters and digits alone, as CloudEvents requires', () => {
  for (const name of Object.keys(toCloudEvent(event, 'x'))) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});
