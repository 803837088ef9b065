import type { PutManifestRequest } from '@lading/proto';

/** What JSON and gRPC carry and PostgreSQL's text cannot hold: a zero byte, and half of a surrogate pair. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** The text with U+FFFD for what cannot be stored. */
export function storable(text: string): string {
  return text.replace(UNSTORABLE, '\ufffd');
}

/**
 * A manifest's artifact type as it can be stored and searched for. Only this: its bytes are kept as they came and its
 * annotations are JSON, where such text is spelt with escapes, so it costs a type a character and never the push.
 */
export function withStorableText(request: PutManifestRequest): PutManifestRequest {
  const { artifactType } = request;
  return artifactType === undefined ? request : { ...request, artifactType: storable(artifactType) };
}
