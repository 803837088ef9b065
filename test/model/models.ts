/** One model of this folder, with what must hold of it and what must not. */
export interface Model {
  readonly name: string;
  /** Each a set of defines; all states of each are searched. The first is that of the mutants. */
  readonly forms: readonly (readonly string[])[];
  /** Larger forms, searched at night. */
  readonly nightly: readonly (readonly string[])[];
  /** Whether its `ltl` is searched too, with the define `DRAINED`. */
  readonly drains: boolean;
  readonly mutants: readonly Mutant[];
  /** Halves of a rule that has two: each may be missing alone. */
  readonly spared: readonly (readonly string[])[];
  /** The same, searched at night. */
  readonly sparedNightly: readonly (readonly string[])[];
}

/** The model with part of a rule taken away. */
export interface Mutant {
  readonly defines: readonly string[];
  /** A key of `FAULTS`. */
  readonly breaks: string;
}

/** What can go wrong, and the words by which a search that found it is known. */
export const FAULTS: Readonly<Record<string, RegExp>> = {
  'a manifest lacks its bytes, or a link that shows them': /st\[mo\[/,
  'a link leads to no bytes': /violated \(+link\[/,
  'a push is refused for what was there all along': /gap\[me\]/,
  'a live index names a deleted manifest': /\(man\[[12i]\]!=1\)/,
  'what an index names is gone for good': /\(man\[[12i]\]==0\)\|\|\(man\[0\]!=0\)/,
  'a tag names a deleted manifest': /\btag\b/,
  'the collector takes a referrer whose subject is there': /violated \(man\[0\]==0\)$/,
  'the collector takes a referrer whose subject never was here': /violated seen$/,
  'a referrer does not know that its subject was here': /\|\|seen\)$/,
  'an edge misses the arrival of what it names': /edge!=1/,
  'what is named or live has no bytes': /obj\[/,
  'two transactions wait for each other': /invalid end state/,
  'bytes that nothing names stay for ever': /acceptance cycle/,
};

const BLOBS: Model = {
  name: 'blobs',
  forms: [[]],
  nightly: [['NG=3'], ['MORE']],
  drains: false,
  mutants: [
    ...mutants('a manifest lacks its bytes, or a link that shows them', [
      'T3_ONLY_LIVE_COUNTS',
      'T3_LOCKS_WHAT_IT_SAW_HIDDEN',
      'T4_CONDEMN_CHECKS_BEFORE_LOCK',
      'T6_CHECKS_BEFORE_LOCK',
      'T6_ONLY_LIVE_COUNTS',
      'T6_PUT_LEAVES_LINK_UNLOCKED',
      'T7_CHECKS_BEFORE_LOCK',
      'T7_PUT_TAKES_HIDDEN',
      'PUT_LEAVES_OBJECT_UNLOCKED',
      'PUT_REVIVES_WITHOUT_WRITING',
    ]),
    ...mutants('a link leads to no bytes', ['T16_LEAVES_SOURCE_UNLOCKED']),
    ...mutants('a push is refused for what was there all along', ['PUT_LOOKS_FOR_CONDEMNED']),
    ...mutants('two transactions wait for each other', ['LOCKS_LINK_BEFORE_OBJECT']),
  ],
  spared: [['T4_CLAIM_WITHOUT_CHECK']],
  sparedNightly: [],
};

const MANIFESTS: Model = {
  name: 'manifests',
  forms: [[], ['MORE']],
  nightly: [],
  drains: false,
  mutants: [
    ...mutants('a live index names a deleted manifest', [
      'T1_DELETE_CHECKS_BEFORE_LOCK',
      'T1_FOREIGN_KEY_ONLY',
      'T1_LEAVES_CHILD_UNLOCKED',
      'T3_LEAVES_CHILD_UNLOCKED',
      'T3_RESTORES_INDEX_ALONE',
      'T4_COLLECT_CHECKS_BEFORE_LOCK',
      'T5_REVIVES_WITHOUT_LOCK',
    ]),
    ...mutants('a tag names a deleted manifest', ['T1_LEAVES_TAGGED_UNLOCKED']),
    ...mutants('what an index names is gone for good', ['T4_EXPUNGE_CHECKS_BEFORE_LOCK', 'T4_ONLY_LIVE_COUNTS']),
    ...mutants('a push is refused for what was there all along', ['T5_LOOKS_FOR_COLLECTED']),
  ],
  spared: [],
  sparedNightly: [],
};

const REFERRERS: Model = {
  name: 'referrers',
  forms: [[], ['MORE']],
  nightly: [],
  drains: false,
  mutants: [
    ...mutants('the collector takes a referrer whose subject is there', [
      'T3_RESTORES_WITHOUT_EDGE_LOCK',
      'T11_CHECKS_BEFORE_LOCK',
      'T11_LEAVES_REFERRER_UNLOCKED',
      'T11_ONLY_LIVE_COUNTS',
    ]),
    ...mutants('the collector takes a referrer whose subject never was here', ['T11_NEVER_HERE_DOES_NOT_COUNT']),
    ...mutants('a referrer does not know that its subject was here', ['T12_PUSHES_WITHOUT_EDGE_LOCK']),
  ],
  spared: [],
  sparedNightly: [],
};

const EDGES: Model = {
  name: 'edges',
  forms: [[], ['MORE']],
  nightly: [],
  drains: false,
  mutants: mutants('an edge misses the arrival of what it names', [
    'T12_PUSHES_WITHOUT_EDGE_LOCK',
    'T12_RESTORE_IS_NO_ARRIVAL',
    'T12_RESTORES_WITHOUT_EDGE_LOCK',
  ]),
  spared: [],
  sparedNightly: [],
};

const BYTES: Model = {
  name: 'bytes',
  forms: [[]],
  nightly: [['NG=3']],
  drains: true,
  mutants: [
    ...mutants('what is named or live has no bytes', [
      'T3_ONLY_LIVE_COUNTS',
      'T4_CONDEMN_CHECKS_BEFORE_LOCK T4_CLAIM_WITHOUT_CHECK',
      'T4_CLAIM_CHECKS_BEFORE_LOCK PUT_REVIVES_WITHOUT_WRITING',
      'BYTES_BEFORE_ROW',
      'KEY_IS_DIGEST',
      'PUT_LEAVES_OBJECT_UNLOCKED',
      'SWEEP_WITHOUT_INTENT',
    ]),
    ...mutants('bytes that nothing names stay for ever', ['WITHOUT_LISTING', 'WITHOUT_LISTING ROW_BEFORE_BYTES']),
  ],
  spared: [],
  sparedNightly: [
    ['T4_CLAIM_WITHOUT_CHECK'],
    ['T4_CONDEMN_CHECKS_BEFORE_LOCK'],
    ['T4_CLAIM_CHECKS_BEFORE_LOCK'],
    ['PUT_REVIVES_WITHOUT_WRITING'],
    ['ROW_BEFORE_BYTES'],
  ],
};

export const MODELS: readonly Model[] = [BLOBS, MANIFESTS, REFERRERS, EDGES, BYTES];

/** Each a mutant by itself, with its defines between blanks. */
function mutants(breaks: string, defines: readonly string[]): Mutant[] {
  return defines.map((words) => ({ defines: words.split(' '), breaks }));
}
