import type { PutManifestRequest } from '@lading/proto';

/** What JSON and gRPC carry and PostgreSQL's text cannot hold: a zero byte, and half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** The text with U+FFFD for what cannot be stored. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

/**
 * A manifest's searchable parts as they can be stored. Only these: its bytes are kept as they came, so such text costs a
 * referrer's annotation a character and never the push.
 */
export function withStorableText(request: PutManifestRequest): PutManifestRequest {
  const { artifactType, annotations } = request;
  return {
    ...request,
    artifactType: artifactType === undefined ? undefined : storable(artifactType),
    annotations: Object.fromEntries(Object.entries(annotations).map((pair) => pair.map(storable))),
  };
}
