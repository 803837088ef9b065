import type {
  ConfirmRequest,
  ConfirmResponse,
  DescribeBlobRequest,
  DescribeBlobResponse,
  GetStatusRequest,
  GetStatusResponse,
  ListCandidatesRequest,
  ListCandidatesResponse,
  ListDeadLettersRequest,
  ListDeadLettersResponse,
  PauseRequest,
  PauseResponse,
  ReconcileRequest,
  ReconcileResponse,
  ResumeRequest,
  ResumeResponse,
  RunRequest,
  RunResponse,
  SendDeadLetterAgainRequest,
  SendDeadLetterAgainResponse,
  SetPaceRequest,
  SetPaceResponse,
} from '@lading/proto';
import { CollectorServiceService } from '@lading/proto';
import { type CollectorPort, GrpcService } from '@lading/rpc';
import { CANDIDATE_KINDS } from '../candidate/candidate.js';
import { toCandidate, toCandidateCount, toCollector, toDeadLetter, toStop, toWalk } from './collector.mapper.js';
import { Operations } from './operations.js';

/** Most rows of a page. */
const MOST_ROWS = 1_000;

/** `CollectorService`, over gRPC and within the process. */
@GrpcService(CollectorServiceService)
export class CollectorController implements CollectorPort {
  constructor(private readonly operations: Operations) {}

  async getStatus(_request: GetStatusRequest): Promise<GetStatusResponse> {
    const { control, waiting, collection, scans, collectors, lag } = this.operations;
    const { pause, halt, pace } = await control.read();
    const { condemned, purging } = await collection.countLeaving({});
    return {
      pause: pause && toStop(pause),
      halt: halt && toStop(halt),
      pace,
      candidates: (await waiting.count()).map(toCandidateCount),
      condemned,
      purging,
      walks: (await scans.list()).map(toWalk),
      collectors: (await collectors.list()).map(toCollector),
      eventsBehind: await lag.behind(),
      deadLetters: await lag.deadLetters(),
    };
  }

  async listCandidates({ kind, after, limit }: ListCandidatesRequest): Promise<ListCandidatesResponse> {
    const known = CANDIDATE_KINDS.find((each) => each === kind);
    if (known === undefined) return { candidates: [], next: undefined };
    const { candidates, next } = await this.operations.waiting.list(known, after, rowsOf(limit));
    return { candidates: candidates.map(toCandidate), next };
  }

  async describeBlob({ digest }: DescribeBlobRequest): Promise<DescribeBlobResponse> {
    return { object: await this.operations.describeBlob.execute(digest) };
  }

  async run(_request: RunRequest): Promise<RunResponse> {
    return { collectorId: this.operations.collectors.id, round: this.operations.rounds.ask() };
  }

  async pause({ reason, actor }: PauseRequest): Promise<PauseResponse> {
    return { pause: toStop(await this.operations.control.pause(reason, actor)) };
  }

  async resume({ actor }: ResumeRequest): Promise<ResumeResponse> {
    await this.operations.control.resume(actor);
    this.operations.rounds.ask();
    return {};
  }

  async confirm({ actor }: ConfirmRequest): Promise<ConfirmResponse> {
    await this.operations.control.confirm(actor);
    return {};
  }

  async setPace({ pace, actor }: SetPaceRequest): Promise<SetPaceResponse> {
    await this.operations.control.setPace(pace, actor);
    return {};
  }

  async reconcile(_request: ReconcileRequest): Promise<ReconcileResponse> {
    await this.operations.scans.hurry();
    this.operations.rounds.ask();
    return {};
  }

  async listDeadLetters({ limit }: ListDeadLettersRequest): Promise<ListDeadLettersResponse> {
    const { letters, pool } = this.operations;
    return { letters: (await letters.list(pool, rowsOf(limit))).map(toDeadLetter) };
  }

  async sendDeadLetterAgain({ id }: SendDeadLetterAgainRequest): Promise<SendDeadLetterAgainResponse> {
    const sent = await this.operations.sendLetterAgain.execute(id);
    return { error: typeof sent === 'object' ? sent.error : undefined, unknown: sent === 'unknown' };
  }
}

function rowsOf(limit: number): number {
  return Math.min(Math.max(1, limit), MOST_ROWS);
}
