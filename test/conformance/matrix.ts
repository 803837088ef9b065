const VERSIONS = ['1.0', '1.1', 'dev'] as const;
const SPARSE = ['off', 'index', 'all'] as const;
const CHALLENGES = ['bearer', 'basic'] as const;

/** One run of the suite: how the registry is set and what the suite asks of it. */
export interface Setup {
  /** What the suite holds the registry to; `dev` is what comes after 1.1. */
  version: (typeof VERSIONS)[number];
  /** `LADING_SPARSE`; with `all` the suite also pushes manifests whose blobs and children are missing. */
  sparse: (typeof SPARSE)[number];
  challenge: (typeof CHALLENGES)[number];
  /** Whether the suite keeps a token for a repository, or is challenged and asks for one on each request. */
  keepsTokens: boolean;
}

const EVERY_RUN: Setup[] = [
  { version: '1.1', sparse: 'off', challenge: 'bearer', keepsTokens: true },
  { version: '1.1', sparse: 'off', challenge: 'bearer', keepsTokens: false },
  { version: '1.1', sparse: 'all', challenge: 'bearer', keepsTokens: true },
  { version: 'dev', sparse: 'off', challenge: 'bearer', keepsTokens: true },
  { version: 'dev', sparse: 'off', challenge: 'bearer', keepsTokens: false },
  { version: 'dev', sparse: 'all', challenge: 'bearer', keepsTokens: true },
  { version: 'dev', sparse: 'all', challenge: 'bearer', keepsTokens: false },
  { version: 'dev', sparse: 'all', challenge: 'basic', keepsTokens: true },
];

/** The runs of every change, or with `LADING_NIGHT` every combination of what can be set: 36. */
export function setups(): Setup[] {
  if (!process.env.LADING_NIGHT) return EVERY_RUN;
  return VERSIONS.flatMap((version) =>
    SPARSE.flatMap((sparse) =>
      CHALLENGES.flatMap((challenge) =>
        [true, false].map((keepsTokens) => ({ version, sparse, challenge, keepsTokens })),
      ),
    ),
  );
}

/** A name for people and for a folder: `dev-sparse-all-basic-fresh-tokens`. */
export function nameOf({ version, sparse, challenge, keepsTokens }: Setup): string {
  return `${version}-sparse-${sparse}-${challenge}-${keepsTokens ? 'kept' : 'fresh'}-tokens`;
}

/** How many tests the pinned suite has then; some of them are disabled before `dev`. */
export function testsOf({ version, sparse }: Setup): number {
  const missingParts = sparse === 'all' ? 37 : 0;
  return { '1.0': 691, '1.1': 695, dev: 793 }[version] + missingParts;
}

/** The APIs and kinds of data that the suite does not ask for then, as results.yaml names them. */
export function disabledOf({ version, sparse }: Setup): string[] {
  const before11 = ['Blob anonymous mount', 'Referrers'];
  const beforeDev = ['Blob upload cancel', 'Manifest put with tag params', 'Tag Param', 'Tag Param sha512'];
  return [
    ...(version === '1.0' ? before11 : []),
    ...(version === 'dev' ? [] : beforeDev),
    ...(sparse === 'all' ? [] : ['Sparse Manifests']),
  ];
}
