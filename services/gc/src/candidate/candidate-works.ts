import type { CollectionPort } from '@lading/rpc';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';
import type { Candidates } from './candidates.js';
import { JudgeCandidates } from './judge-candidates.js';

/** One kind of work for each kind of candidate, in the order in which one makes another. */
export function candidateWorks(collection: CollectionPort, candidates: Candidates, tally: Tally): Work[] {
  return [
    new JudgeCandidates('untagged', candidates, tally, async (subjects) => {
      return (await collection.collectUntagged({ manifestIds: subjects.map(Number) })).judgements;
    }),
    new JudgeCandidates('expunge', candidates, tally, async (subjects) => {
      return (await collection.expungeManifests({ manifestIds: subjects.map(Number) })).judgements;
    }),
    new JudgeCandidates('repository', candidates, tally, async (subjects) => {
      return (await collection.dropRepositories({ repositoryIds: subjects.map(Number) })).judgements;
    }),
    new JudgeCandidates('project', candidates, tally, async (subjects) => {
      return (await collection.dropProjects({ projectIds: subjects.map(Number) })).judgements;
    }),
    new JudgeCandidates('link', candidates, tally, async (subjects) => {
      return (await collection.removeLinks({ links: subjects.map(toLink) })).judgements;
    }),
    new JudgeCandidates('object', candidates, tally, async (subjects) => {
      return (await collection.condemnObjects({ objectIds: [...subjects] })).judgements;
    }),
  ];
}

function toLink(subject: string): { repositoryId: number; digest: string } {
  const space = subject.indexOf(' ');
  return { repositoryId: Number(subject.slice(0, space)), digest: subject.slice(space + 1) };
}
