import { referencesOf } from './references-of.js';

const of = (value: unknown) => referencesOf(Buffer.from(JSON.stringify(value)));
const a = { mediaType: 'a/b', digest: 'sha256:aa', size: 1 };
const b = {
  ...a,
  digest: 'sha256:bb',
  platform: { os: 'linux' },
  annotations: { x: 'y' },
  urls: ['https://example.com'],
};

it('lists what a manifest or index names, in order, and not its subject', () => {
  expect(of({ layers: [a, b], config: b, subject: a })).toEqual([b, a, b]);
  expect(of({ manifests: [b] })).toEqual([b]);
});

it('passes on the fields of a descriptor and no others', () => {
  expect(of({ config: { ...a, secret: 'x', constructor: 'y' } })).toEqual([a]);
});

it.each([[[]], ['text'], [null], [{ layers: 'x' }], [{ layers: [null, 1, {}] }], [{ config: { digest: 7 } }]])(
  'finds nothing in %j',
  (value) => {
    expect(of(value)).toEqual([]);
  },
);

it('finds nothing in bytes that are no JSON', () => {
  expect(referencesOf(Buffer.from([0xff, 0]))).toEqual([]);
});
