import type { ReadSnapshotResponse } from '@lading/proto';

/**
 * The lines of a page. Fields are named as in the data of events; `partitionkey` and `aggregateversion` as in their envelope: they say
 * which events the line is the outcome of.
 */
export function snapshotLines(page: ReadSnapshotResponse): object[] {
  return [
    ...(page.cursor === undefined ? [] : [{ kind: 'snapshot', cursor: page.cursor }]),
    ...(page.storeVersion === undefined ? [] : [{ kind: 'store', ...versionOf('store', page.storeVersion) }]),
    ...page.projects.map(({ projectId, path, visibility, version, deleted }) => ({
      kind: 'project',
      ...versionOf(`project:${projectId}`, version),
      ...{ projectId, path, visibility },
      ...(deleted && { deleted }),
    })),
    ...page.repositories.map(({ repositoryId, projectId, path, version, deleted }) => ({
      kind: 'repository',
      ...versionOf(String(repositoryId), version),
      ...{ repositoryId, projectId, path },
      ...(deleted && { deleted }),
    })),
    ...page.manifests.map(({ repositoryId, manifestId, digest, mediaType, size, subject, artifactType }) => ({
      kind: 'manifest',
      ...{ repositoryId, manifestId, digest, mediaType, size, subject, artifactType },
    })),
    ...page.tags.map(({ repositoryId, tag, digest, manifestId }) => ({
      kind: 'tag',
      ...{ repositoryId, tag, digest, manifestId },
    })),
    ...page.blobs.map(({ repositoryId, digest, objectId, size, damaged }) => ({
      kind: 'blob',
      ...{ repositoryId, digest, objectId, size, damaged },
    })),
  ];
}

function versionOf(partitionkey: string, aggregateversion: number) {
  return { partitionkey, aggregateversion };
}
