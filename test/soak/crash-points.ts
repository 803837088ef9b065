import type { Moment } from '../support/database-tap.js';
import { imageOf, sharedLayer } from './content.js';
import type { SoakClient } from './soak-client.js';

/** A moment at which a crash leaves something half done. */
export interface CrashPoint {
  name: string;
  /** As the database sees it. */
  moment: Moment;
  /** Services that die there. */
  dies: readonly string[];
  /** Leads to it. The images `old` and `other` are there before. */
  act(client: SoakClient): Promise<unknown>;
}

const push = (client: SoakClient) => client.pusher.push(imageOf(`${client.repository} new`, [sharedLayer(2)]), 'new');
const deleteOld = (client: SoakClient) => client.deleteTagged('old');

const UPLOAD = ['distribution', 'metadata'];
const COLLECTOR = ['metadata', 'gc'];

/** Each place between two changes of which a crash keeps the first alone. */
export const CRASH_POINTS: readonly CrashPoint[] = [
  {
    name: 'the row of an upload is committed, and its file is not made',
    moment: { statement: /begin-upload/, at: 'committed' },
    dies: UPLOAD,
    act: push,
  },
  {
    name: 'a piece of an upload is stored, and its row does not say so',
    moment: { statement: /record-upload-progress/, at: 'before' },
    dies: UPLOAD,
    act: (client) => client.pusher.abandon(sharedLayer(3), true),
  },
  {
    name: 'a piece of an upload is stored and noted, and not answered',
    moment: { statement: /record-upload-progress/, at: 'committed' },
    dies: UPLOAD,
    act: (client) => client.pusher.abandon(sharedLayer(3), true),
  },
  {
    name: 'all bytes of a blob are durable, and its row is not',
    moment: { statement: /settle-and-link/, at: 'uncommitted' },
    dies: UPLOAD,
    act: push,
  },
  {
    name: 'a blob is committed, and not answered',
    moment: { statement: /settle-and-link/, at: 'committed' },
    dies: UPLOAD,
    act: push,
  },
  {
    name: 'a manifest is written, and not committed',
    moment: { statement: /insert-manifest/, at: 'uncommitted' },
    dies: UPLOAD,
    act: push,
  },
  {
    name: 'a manifest is committed, and not answered',
    moment: { statement: /insert-manifest/, at: 'committed' },
    dies: UPLOAD,
    act: push,
  },
  {
    name: 'the relay is in the middle of a batch',
    moment: { statement: /INSERT INTO events\.log/, at: 'uncommitted' },
    dies: ['metadata'],
    act: push,
  },
  {
    name: 'events are published, and still in the outbox',
    moment: { statement: /DELETE FROM registry\.outbox/, at: 'before' },
    dies: ['metadata'],
    act: push,
  },
  {
    name: 'a consumer has handled events, and its place is not committed',
    moment: { statement: /UPDATE gc\.consumer_place/, at: 'uncommitted' },
    dies: ['gc'],
    act: push,
  },
  {
    name: 'a deleted manifest is hidden, and not answered',
    moment: { statement: /tombstone-manifest/, at: 'committed' },
    dies: UPLOAD,
    act: deleteOld,
  },
  {
    name: 'the collector has hidden an untagged manifest',
    moment: { statement: /untagged-without-names/, at: 'committed' },
    dies: COLLECTOR,
    act: (client) => client.retagTo('old', 'other'),
  },
  {
    name: 'a manifest is expunged',
    moment: { statement: /expunge-write/, at: 'committed' },
    dies: COLLECTOR,
    act: deleteOld,
  },
  {
    name: 'links are removed',
    moment: { statement: /delete-links/, at: 'committed' },
    dies: COLLECTOR,
    act: deleteOld,
  },
  {
    name: 'objects are condemned',
    moment: { statement: /condemn-write/, at: 'committed' },
    dies: COLLECTOR,
    act: deleteOld,
  },
  {
    name: 'objects are judged, and the collector does not know',
    moment: { statement: /WITH settled AS/, at: 'before' },
    dies: ['gc'],
    act: deleteOld,
  },
  {
    name: 'objects are claimed',
    moment: { statement: /claim-write/, at: 'committed' },
    dies: COLLECTOR,
    act: deleteOld,
  },
  {
    name: 'bytes are deleted, and their rows are not',
    moment: { statement: /mark-purged/, at: 'before' },
    dies: COLLECTOR,
    act: deleteOld,
  },
  {
    name: 'bytes and rows are gone, and the collector does not know',
    moment: { statement: /mark-purged/, at: 'committed' },
    dies: COLLECTOR,
    act: deleteOld,
  },
];
