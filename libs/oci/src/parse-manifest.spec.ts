import fc from 'fast-check';
import { digestOf } from './digest.js';
import { ManifestInvalid } from './errors.js';
import { MAX_JSON_DEPTH, MAX_JSON_MEMBERS, MAX_JSON_PARTS, MAX_REFERENCES } from './manifest.js';
import { mediaTypes } from './media-types.js';
import { parseManifest } from './parse-manifest.js';

const digest = (text: string) => digestOf(Buffer.from(text));
const blob = (text: string, more: object = {}) => ({
  mediaType: mediaTypes.ociLayerGzip,
  digest: digest(text),
  size: text.length,
  ...more,
});
const config = { mediaType: mediaTypes.ociConfig, digest: digest('config'), size: 6 };
const image = { schemaVersion: 2, mediaType: mediaTypes.ociImage, config, layers: [blob('one'), blob('two')] };
const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [blob('child')] };
const custom = 'application/vnd.example.thing.v1+json';

const parse = (manifest: unknown, contentType?: string) =>
  parseManifest(Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest)), contentType);
const refusal = (manifest: unknown, contentType?: string): string => {
  try {
    parse(manifest, contentType);
  } catch (error) {
    if (error instanceof ManifestInvalid) return error.message;
    throw error;
  }
  return 'accepted';
};
const without = (manifest: object, field: string) => ({ ...manifest, [field]: undefined });

describe('an image manifest', () => {
  it('names its config and its layers as blobs', () => {
    expect(parse(image)).toEqual({
      mediaType: mediaTypes.ociImage,
      kind: 'image',
      artifactType: mediaTypes.ociConfig,
      edges: [
        { ...config, kind: 'blob', required: true },
        { ...blob('one'), kind: 'blob', required: true },
        { ...blob('two'), kind: 'blob', required: true },
      ],
    });
  });

  it('has one edge for equal descriptors, and refuses two sizes for one digest', () => {
    expect(parse({ ...image, layers: [blob('one'), blob('one'), config] }).edges).toHaveLength(2);
    expect(refusal({ ...image, layers: [blob('one'), blob('one', { size: 4 })] })).toContain('two sizes');
  });

  it('limit descriptor-size: has sizes to the largest that is exact, and no larger', () => {
    const sized = (size: string) =>
      JSON.stringify({ ...image, layers: [blob('big')] }).replace('"size":3', `"size":${size}`);
    expect(parse(sized('9007199254740991')).edges).toContainEqual(
      expect.objectContaining({ size: Number.MAX_SAFE_INTEGER }),
    );
    expect(refusal(sized('9007199254740992'))).toContain('size');
  });

  it('does not require foreign layers and descriptors with urls, unless another descriptor does', () => {
    const layers = [
      blob('a', { mediaType: mediaTypes.dockerForeignLayer }),
      blob('b', { mediaType: `${mediaTypes.ociNondistributableLayer}+zstd` }),
      blob('c', { urls: ['https://example.com/c'] }),
      blob('d', { urls: [] }),
      blob('e', { urls: ['https://example.com/e'] }),
      blob('e'),
      blob('f', { data: 'Zg==' }),
    ];
    const edges = parse({ ...image, layers }).edges.slice(1);
    expect(edges.map(({ required }) => required)).toEqual([false, false, false, true, true, true]);
  });

  it.each([
    ['no layers', { ...image, layers: [] }],
    ['layers that are null, as Go writes an empty list', { ...image, layers: null }],
    ['no config', without(image, 'config')],
    ['fields that nobody knows', { ...image, x: 1, config: { ...config, y: { digest: 'no digest' } } }],
    ['a layer without a media type', { ...image, layers: [blob('one', { mediaType: undefined })] }],
    ['a digest of an algorithm that is not supported', { ...image, layers: [blob('one', { digest: 'blake3:ab' })] }],
    ['a layer of zero bytes', { ...image, layers: [blob('')] }],
    ['null for what is absent', { ...image, manifests: null, subject: null, annotations: null, artifactType: null }],
  ])('may have %s', (_case, manifest) => {
    expect(parse(manifest).kind).toBe('image');
  });

  it.each([
    ['layers are missing', without(image, 'layers')],
    ['it has manifests', { ...image, manifests: [] }],
    ['a Docker manifest has no config', { ...without(image, 'config'), mediaType: mediaTypes.dockerManifest }],
    ['a digest is malformed', { ...image, layers: [blob('one', { digest: 'sha256:x' })] }],
    ['a size is negative', { ...image, layers: [blob('one', { size: -1 })] }],
    ['a size is no whole number', { ...image, layers: [blob('one', { size: 1.5 })] }],
    ['a size is a text', { ...image, layers: [blob('one', { size: '1' })] }],
    ['a size is missing', { ...image, layers: [blob('one', { size: undefined })] }],
    ['a size is beyond what is exact', { ...image, layers: [blob('one', { size: 2 ** 53 })] }],
    ['a layer is no object', { ...image, layers: ['one'] }],
    ['the config is a list', { ...image, config: [] }],
    ['the subject has no digest', { ...image, subject: {} }],
    ['the subject is malformed', { ...image, subject: blob('s', { digest: 'sha256:x' }) }],
    ['an annotation is no text', { ...image, annotations: { a: 1 } }],
    ['the artifact type is no text', { ...image, artifactType: 1 }],
    ['the schema version is another', { ...image, schemaVersion: 3 }],
  ])('is refused if %s', (_case, manifest) => {
    expect(refusal(manifest)).not.toBe('accepted');
  });

  it('says where the fault is', () => {
    expect(refusal({ ...image, layers: [blob('one'), blob('two', { digest: 'x' })] })).toMatch(/^layers\.1\.digest/);
  });
});

describe('an index', () => {
  it('names its entries, which may be manifests or blobs', () => {
    expect(parse(index)).toEqual({
      mediaType: mediaTypes.ociIndex,
      kind: 'index',
      edges: [{ ...blob('child'), kind: 'entry', required: true }],
    });
    expect(parse({ ...index, mediaType: mediaTypes.dockerManifestList }).kind).toBe('index');
  });

  it('may be empty', () => {
    expect(parse({ ...index, manifests: [] }).edges).toEqual([]);
  });

  it.each(['layers', 'config'])('is refused with %s', (field) => {
    expect(refusal({ ...index, [field]: field === 'layers' ? [] : config })).toContain('does not belong');
  });
});

describe('what a manifest says of itself', () => {
  const subject = blob('subject');

  it('has its subject, which is no edge', () => {
    for (const manifest of [image, index, { ...image, mediaType: mediaTypes.dockerManifest }]) {
      const parsed = parse({ ...manifest, subject });
      expect(parsed.subject).toBe(subject.digest);
      expect(parsed.edges.map((edge) => edge.digest)).not.toContain(subject.digest);
    }
  });

  it('has its artifact type, else an image that of its config, and an index none', () => {
    expect(parse({ ...image, artifactType: 'a/b' }).artifactType).toBe('a/b');
    expect(parse({ ...image, artifactType: '' }).artifactType).toBe(mediaTypes.ociConfig);
    expect(parse({ ...index, artifactType: 'a/b' }).artifactType).toBe('a/b');
    expect(parse(index)).not.toHaveProperty('artifactType');
  });

  it('has its annotations and no others', () => {
    expect(
      parse({ ...index, annotations: { a: 'b' }, manifests: [blob('c', { annotations: { c: 'd' } })] }).annotations,
    ).toEqual({ a: 'b' });
  });

  it('REF-06: has annotations of any name, those that are names in JavaScript among them', () => {
    for (const mediaType of [mediaTypes.ociImage, custom]) {
      const text = `{"mediaType":"${mediaType}","layers":[],"annotations":{"__proto__":"x","constructor":"c","2":"d","1":"e"}}`;
      const { annotations } = parse(text);
      expect(Object.entries(annotations!)).toEqual(
        expect.arrayContaining([
          ['__proto__', 'x'],
          ['constructor', 'c'],
        ]),
      );
      expect(Object.keys(annotations!)).toHaveLength(4);
    }
  });
});

describe('a manifest of an unknown type', () => {
  it('keeps everything that looks like a descriptor, at any depth, without requiring it', () => {
    const parsed = parse({
      mediaType: custom,
      subject: blob('subject'),
      blobs: [blob('a'), blob('a')],
      deep: { er: [[{ ...blob('b'), inner: blob('c', { mediaType: 7 }) }]] },
      no: [{ digest: digest('x') }, { digest: 'x', size: 1 }, { digest: digest('y'), size: -1 }, null, 'text'],
    });
    expect(new Set(parsed.edges.map((edge) => edge.digest))).toEqual(new Set([digest('a'), digest('b'), digest('c')]));
    expect(parsed.edges.every(({ kind, required }) => kind === 'other' && !required)).toBe(true);
    expect(parsed).toMatchObject({ mediaType: custom, kind: 'other', subject: digest('subject') });
  });

  it('may use the fields of an image in its own way', () => {
    const odd = { mediaType: custom, layers: 'many', Config: 1, subject: 'CN=me', annotations: [1], artifactType: {} };
    expect(parse(odd)).toEqual({ mediaType: custom, kind: 'other', edges: [] });
  });

  it('is refused for a subject with a malformed digest', () => {
    expect(refusal({ mediaType: custom, subject: { digest: 'sha256:x' } })).toContain('subject.digest');
  });

  it('serves the artifact manifests of an early draft', () => {
    const artifact = { mediaType: mediaTypes.ociArtifact, artifactType: 'a/b', blobs: [blob('a')], subject: blob('s') };
    expect(parse(artifact)).toMatchObject({
      artifactType: 'a/b',
      subject: digest('s'),
      edges: [{ digest: digest('a') }],
    });
  });
});

describe('the media type', () => {
  const bare = without(image, 'mediaType');
  const upper = { ...image, mediaType: mediaTypes.ociImage.toUpperCase().replace('APPLICATION', 'application') };

  it.each([
    ['the body', image, undefined, mediaTypes.ociImage],
    ['the request', bare, mediaTypes.ociImage, mediaTypes.ociImage],
    [
      'the request without its parameters',
      bare,
      `${mediaTypes.dockerManifest} ; charset=utf-8`,
      mediaTypes.dockerManifest,
    ],
    ['both, if they agree', image, 'Application/VND.oci.image.manifest.v1+json;q=1', mediaTypes.ociImage],
    ['the body beside application/octet-stream', image, mediaTypes.octetStream, mediaTypes.ociImage],
    ['the body beside application/json', image, 'application/json; charset=utf-8', mediaTypes.ociImage],
    ['the body beside a form', image, 'application/x-www-form-urlencoded', mediaTypes.ociImage],
    ['the body beside text/plain', image, 'text/plain', mediaTypes.ociImage],
    ['the body beside an empty header', image, '', mediaTypes.ociImage],
    ['the form of an image', bare, 'application/json', mediaTypes.ociImage],
    ['the form of an index', without(index, 'mediaType'), undefined, mediaTypes.ociIndex],
    ['the request beside an empty field', { ...image, mediaType: '' }, mediaTypes.ociImage, mediaTypes.ociImage],
    ['the body in its own case, if they agree', upper, mediaTypes.ociImage, upper.mediaType],
  ])('comes from %s', (_case, manifest, contentType, expected) => {
    expect(parse(manifest, contentType).mediaType).toBe(expected);
  });

  it('means the same in any case', () => {
    expect(parse(upper)).toMatchObject({ kind: 'image', edges: [config, blob('one'), blob('two')] });
    expect(refusal({ ...image, mediaType: mediaTypes.dockerSchema1.replace('docker', 'Docker') })).toContain('schema');
  });

  it.each([
    ['body and request differ', image, mediaTypes.dockerManifest, /the manifest says/],
    ['nothing tells it', { schemaVersion: 2 }, undefined, /neither/],
    ['it is no text', { ...image, mediaType: 1 }, undefined, /not a string/],
    ['it is text/html', { ...image, mediaType: 'text/html' }, undefined, /no media type/],
    ['it has a space', { ...image, mediaType: 'application/a b' }, undefined, /no media type/],
    ['it has parameters in the body', { ...image, mediaType: `${custom};a=b` }, undefined, /no media type/],
    ['it has a line feed', { ...image, mediaType: `${custom}\n` }, undefined, /no media type/],
    ['it is text/html in the request', bare, 'text/html', /no media type/],
    ['the form of an image has manifests too', { ...bare, manifests: [] }, undefined, /does not belong/],
    ['it is of schema 1', { ...image, mediaType: mediaTypes.dockerSchema1 }, undefined, /schema version 1/],
    ['it is of schema 1 and signed', bare, mediaTypes.dockerSchema1Signed, /schema version 1/],
    ['nothing tells it in schema 1', { schemaVersion: 1, fsLayers: [] }, 'application/json', /schema version 1/],
  ])('is refused if %s', (_case, manifest, contentType, message) => {
    expect(refusal(manifest, contentType)).toMatch(message);
  });
});

describe('a body', () => {
  const text = JSON.stringify(image);

  it.each([
    ['empty', ''],
    ['no JSON', 'layers: []'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"{}"'],
    ['cut', text.slice(0, -1)],
    ['followed by another', `${text}{}`],
    ['followed by a letter', `${text}x`],
    ['begun with a byte order mark', `\uFEFF${text}`],
  ])('is refused if it is %s', (_case, body) => {
    for (const contentType of [undefined, custom]) expect(refusal(body, contentType)).not.toBe('accepted');
  });

  it('may end with white space', () => {
    expect(refusal(`${text}\r\n`)).toBe('accepted');
  });

  it('is refused if it is not UTF-8', () => {
    const body = Buffer.from(text.replace('{', '{"x":"\xff",'), 'latin1');
    expect(() => parseManifest(body, undefined)).toThrow('not valid UTF-8');
  });

  it.each(['mediaType', 'config', 'layers', 'manifests', 'subject'])(
    'is refused with %s twice in any spelling',
    (field) => {
      const spellings = [field, field.toUpperCase(), `\\u00${field.charCodeAt(0).toString(16)}${field.slice(1)}`];
      for (const spelling of spellings) {
        for (const mediaType of [mediaTypes.ociImage, custom]) {
          expect(refusal(`{"${field}":null,"${spelling}":null,"a":1}`, mediaType)).toContain('twice');
        }
      }
      expect(refusal('{"subject":null,"\u017Fubject":null}', custom)).toContain('twice');
    },
  );

  it('may have those fields twice inside others, and others twice', () => {
    expect(refusal('{"a":{"config":1,"config":2},"a":[{"layers":1,"LAYERS":1}]}', custom)).toBe('accepted');
  });

  it.each([
    ['Subject', image],
    ['Manifests', image],
    ['Layers', index],
  ])('is refused with the misspelt field %s, which other readers take for the real one', (field, manifest) => {
    expect(refusal({ ...manifest, [field]: null })).toContain('misspelt');
  });

  it('is as deep as the limit and no deeper', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    expect(refusal(nested(MAX_JSON_DEPTH), custom)).toBe('accepted');
    expect(refusal(nested(MAX_JSON_DEPTH + 1), custom)).toContain('deeper');
    expect(refusal('['.repeat(4_000_000), custom)).toContain('deeper');
  });

  it('has as many parts as the limit and no more', () => {
    const list = (commas: number) => `{"a":[1${',1'.repeat(commas)}]}`;
    expect(refusal(list(MAX_JSON_PARTS - 2), custom)).toBe('accepted');
    expect(refusal(list(MAX_JSON_PARTS - 1), custom)).toContain('parts');
    const platform = { architecture: 'arm', os: 'linux', variant: 'v7' };
    const entry = blob('x', { platform, annotations: { a: '', b: '', c: '', d: '' } });
    expect(refusal({ ...index, manifests: Array(MAX_REFERENCES).fill(entry) })).toBe('accepted');
  });

  it('has as many references as the limit and no more', () => {
    const many = (count: number) => Array.from({ length: count }, () => blob('x'));
    expect(refusal({ ...image, layers: many(MAX_REFERENCES - 1) })).toBe('accepted');
    expect(refusal({ ...image, layers: many(MAX_REFERENCES) })).toContain('more than');
    expect(refusal({ ...index, manifests: many(MAX_REFERENCES) })).toBe('accepted');
    expect(refusal({ ...index, manifests: many(MAX_REFERENCES + 1) })).toContain('more than');
    expect(refusal({ mediaType: custom, blobs: many(MAX_REFERENCES) })).toBe('accepted');
    expect(refusal({ mediaType: custom, blobs: many(MAX_REFERENCES + 1) })).toContain('more than');
  });

  it('has as many members in an object as the limit and no more, wherever the object is', () => {
    const some = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, '']));
    const [most, more] = [some(MAX_JSON_MEMBERS), some(MAX_JSON_MEMBERS + 1)];
    const manifests = (annotations: object) => [
      { ...image, annotations },
      { ...index, annotations },
      { mediaType: custom, annotations },
      { mediaType: custom, list: [[annotations]] },
      { ...image, config: { ...config, annotations } },
      { ...image, layers: [blob('one'), blob('two', { annotations })] },
      { ...index, manifests: [blob('child', { annotations })] },
      { ...image, subject: blob('subject', { annotations }) },
    ];
    expect(manifests(most).map((each) => refusal(each))).toEqual(Array(8).fill('accepted'));
    for (const each of manifests(more)) expect(refusal(each)).toMatch(/an object .* more than 10000 members$/);
    expect(refusal(`{${Array.from({ length: MAX_JSON_MEMBERS + 1 }, (_, n) => `"n${n}":0`)}}`, custom)).toContain(
      'members',
    );
  });

  it('of any content is read or refused, and never fails otherwise', () => {
    const value = fc.oneof(fc.jsonValue(), fc.constant(config), fc.constant([config]), fc.constant(config.digest));
    const fields = [
      'mediaType',
      'config',
      'layers',
      'manifests',
      'subject',
      'annotations',
      'artifactType',
      '__proto__',
    ];
    const manifest = fc.dictionary(fc.constantFrom(...fields), value);
    fc.assert(
      fc.property(manifest, fc.constantFrom(mediaTypes.ociImage, mediaTypes.ociIndex, custom), (fuzz, contentType) => {
        expect(typeof refusal({ ...fuzz, mediaType: undefined }, contentType)).toBe('string');
        expect(typeof refusal(fuzz, contentType)).toBe('string');
      }),
      { numRuns: 1000 },
    );
  });

  it('of 4 MiB takes some milliseconds', () => {
    const annotations = Object.fromEntries(Array.from({ length: 390 }, (_, at) => [`a${at}`, 'x'.repeat(10_700)]));
    const body = Buffer.from(JSON.stringify({ ...image, annotations }));
    const from = process.cpuUsage().user;
    expect(Object.keys(parseManifest(body, undefined).annotations ?? {})).toHaveLength(390);
    expect(process.cpuUsage().user - from).toBeLessThan(500_000);
  });
});
