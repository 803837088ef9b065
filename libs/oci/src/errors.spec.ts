import { fromWire, toWire, type WireError } from './error-wire.js';
import * as errors from './errors.js';
import { OciError } from './oci-error.js';
import { OCI_ERRORS, type OciErrorKind } from './oci-errors.js';
import { renderErrors } from './render-errors.js';

// distribution-spec, "Error Codes": the closed list for 4xx.
const CODES = [
  ...['BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN'],
  ...['MANIFEST_INVALID', 'MANIFEST_UNKNOWN', 'NAME_INVALID', 'NAME_UNKNOWN', 'SIZE_INVALID', 'UNAUTHORIZED', 'DENIED'],
  ...['UNSUPPORTED', 'TOOMANYREQUESTS'],
];
// docker/distribution 2.8, registry/api/errcode/register.go and registry/api/v2/errors.go.
const DOCKER_SAYS = [
  ...['authentication required', 'requested access to the resource is denied', 'The operation is unsupported.'],
  ...['service unavailable', 'too many requests', 'unknown error', 'blob unknown to registry', 'blob upload invalid'],
  ...['blob upload unknown to registry', 'manifest unknown', 'manifest invalid', 'manifest failed verification'],
  ...['manifest blob unknown', 'blob unknown to registry', 'provided digest did not match uploaded content'],
  ...['provided length did not match content length', 'invalid repository name', 'manifest tag did not match URI'],
  'repository name not known to registry',
];
const kinds = Object.keys(OCI_ERRORS) as OciErrorKind[];
const travel = (error: OciError): OciError => fromWire(JSON.parse(JSON.stringify(toWire(error))));

describe('an error', () => {
  it('has a code of the specification for every 4xx, and each of those codes has an error', () => {
    const codes = kinds.map((kind) => OCI_ERRORS[kind]).filter(({ status }) => status < 500);
    expect([...new Set(codes.map(({ code }) => code))].sort()).toEqual([...CODES].sort());
  });

  it.each([
    [new errors.BlobUnknown(), 404, 'BLOB_UNKNOWN'],
    [new errors.BlobUploadUnknown(), 404, 'BLOB_UPLOAD_UNKNOWN'],
    [new errors.DigestInvalid(), 400, 'DIGEST_INVALID'],
    [new errors.RangeNotSatisfiable(), 416, 'BLOB_UPLOAD_INVALID'],
    [new errors.PayloadTooLarge(), 413, 'SIZE_INVALID'],
    [new errors.PageSizeInvalid(), 400, 'UNSUPPORTED'],
    [new errors.Unsupported(), 405, 'UNSUPPORTED'],
    [new errors.Unauthorized(), 401, 'UNAUTHORIZED'],
    [new errors.Denied(), 403, 'DENIED'],
    [new errors.TooManyRequests(), 429, 'TOOMANYREQUESTS'],
    [new errors.Unavailable(), 503, 'UNAVAILABLE'],
    [new errors.InternalError(), 500, 'UNKNOWN'],
  ])('%s is answered with %i %s', (error, status, code) => {
    const rendered = renderErrors(error);
    expect(rendered.status).toBe(status);
    expect(rendered.body.errors).toEqual([{ code, message: error.message }]);
  });

  it('says nothing word for word as docker/distribution does, whose client would drop the message', () => {
    const said = new Set<string>(kinds.map((kind) => OCI_ERRORS[kind].message));
    expect(DOCKER_SAYS.filter((message) => said.has(message))).toEqual([]);
  });

  it('shows message and detail', () => {
    const error = new errors.Denied('the tag v1 is immutable', { detail: { tag: 'v1' } });
    expect(renderErrors(error).body.errors).toEqual([
      { code: 'DENIED', message: 'the tag v1 is immutable', detail: { tag: 'v1' } },
    ]);
  });

  it('has one entry for each missing digest, and one if none is named', () => {
    const missing = renderErrors(new errors.ManifestBlobUnknown(undefined, { detail: ['a:1', 'a:2', 'a:3'] }));
    expect(missing.body.errors.map(({ code, detail }) => [code, detail])).toEqual([
      ['MANIFEST_BLOB_UNKNOWN', 'a:1'],
      ['MANIFEST_BLOB_UNKNOWN', 'a:2'],
      ['MANIFEST_BLOB_UNKNOWN', 'a:3'],
    ]);
    expect(renderErrors(new errors.ManifestBlobUnknown()).body.errors).toHaveLength(1);
  });

  it('lists no more missing digests than a trailer carries', () => {
    const detail = Array.from({ length: 10_000 }, () => `sha512:${'0'.repeat(128)}`);
    const wire = JSON.stringify(toWire(new errors.ManifestBlobUnknown(undefined, { detail })));
    expect(renderErrors(fromWire(JSON.parse(wire))).body.errors).toHaveLength(errors.MAX_MISSING_DIGESTS);
    expect(wire.length).toBeLessThan(16 * 1024);
  });

  it('shows nothing internal of a 5xx but the id of the request', () => {
    const secret = 'connect ECONNREFUSED 10.0.0.7:5432';
    const shown = { code: 'UNKNOWN', message: 'unexpected error', detail: { requestId: 'r1' } };
    for (const error of [new errors.InternalError(secret, { detail: secret }), new TypeError(secret), secret]) {
      expect(renderErrors(error, 'r1')).toEqual({ status: 500, body: { errors: [shown] } });
    }
    const away = renderErrors(new errors.Unavailable('read-only', { detail: secret, cause: new Error(secret) }));
    expect(away.body.errors).toEqual([{ code: 'UNAVAILABLE', message: 'read-only' }]);
  });

  it('says when to come back', () => {
    expect(new errors.Unavailable().retryAfterSeconds).toBe(60);
    expect(new errors.TooManyRequests(undefined, { retryAfterSeconds: 2.1 }).retryAfterSeconds).toBe(3);
    expect(new errors.TooManyRequests(undefined, { retryAfterSeconds: 0 }).retryAfterSeconds).toBe(1);
    expect(travel(new errors.Unavailable(undefined, { retryAfterSeconds: 5 }))).toMatchObject({ retryAfterSeconds: 5 });
  });
});

describe('an error between processes', () => {
  it.each(kinds)('%s arrives as the class it was, and is answered alike', (kind) => {
    const sent = fromWire({ kind, message: 'm', detail: ['d'], data: { offset: 7 } });
    const received = travel(sent);
    expect(received).toBeInstanceOf(OciError);
    expect(received.constructor).toBe(sent.constructor);
    expect(received).toMatchObject({ kind, message: 'm', detail: ['d'], data: { offset: 7 } });
    expect(renderErrors(received)).toEqual(renderErrors(sent));
  });

  it('has a class of its own for each kind', () => {
    expect(new Set(kinds.map((kind) => fromWire({ kind }).constructor)).size).toBe(kinds.length);
    expect(kinds.map((kind) => fromWire({ kind }).kind)).toEqual(kinds);
  });

  it('leaves its cause behind', () => {
    const sent = new errors.BlobUnknown('m', { cause: new Error('secret') });
    expect(sent.cause).toBeInstanceOf(Error);
    expect(JSON.stringify(toWire(sent))).toBe('{"kind":"blobUnknown","message":"m"}');
  });

  it.each(['constructor', '__proto__', 'imATeapot'])('of the unknown kind %s is an internal error', (kind) => {
    expect(fromWire({ kind } as unknown as WireError)).toBeInstanceOf(errors.InternalError);
  });
});
