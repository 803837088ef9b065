import { z } from 'zod';
import { isTextRecord } from './annotations.js';
import { isDigest } from './digest.js';

const digest = z.string().refine(isDigest, 'is not a digest');
const size = z.int().nonnegative();
const optionalText = z.string().nullish();

// Checked by hand: `z.record` builds a second object, which has no `__proto__`, and takes longer than all the rest.
const annotations = z.custom<Record<string, string>>().refine(isTextRecord, 'is no object of texts').nullish();

// image-spec, descriptor.md. Fields that are not named here are neither checked nor refused. Writers in Go send null
// for what is empty, so null counts as absent, and as the empty list.
const descriptor = z.object({
  mediaType: optionalText,
  digest,
  size,
  urls: z.array(z.string()).nullish(),
});

const list = z
  .array(descriptor)
  .nullable()
  .transform((descriptors) => descriptors ?? []);

const shared = {
  schemaVersion: z.literal(2).optional(),
  artifactType: optionalText,
  subject: z.object({ digest, size: size.optional() }).nullish(),
  annotations,
};
const absent = z.null({ error: 'does not belong in a manifest of this type' }).optional();

export type Descriptor = z.infer<typeof descriptor>;

/** image-spec, manifest.md. An OCI image may lack a config, as artifacts do. */
export const imageSchema = z.object({ ...shared, config: descriptor.nullish(), layers: list, manifests: absent });

/** image-spec, image-index.md. */
export const indexSchema = z.object({ ...shared, manifests: list, config: absent, layers: absent });
