import type { DeadLetters } from '@lading/events';
import type { CollectionPort } from '@lading/rpc';
import type { Pool } from 'pg';
import type { WaitingCandidates } from '../candidate/waiting-candidates.js';
import type { Control } from '../control/control.js';
import type { Scans } from '../reconcile/scans.js';
import type { Rounds } from '../round.js';
import type { Collectors } from './collectors.js';
import type { DescribeBlob } from './describe-blob.js';
import type { EventLag } from './event-lag.js';
import type { SendLetterAgain } from './send-letter-again.js';
import type { Tally } from './tally.js';

/** What an administrator's calls reach. */
export abstract class Operations {
  abstract readonly pool: Pool;
  abstract readonly collection: CollectionPort;
  abstract readonly control: Control;
  abstract readonly rounds: Rounds;
  abstract readonly scans: Scans;
  abstract readonly collectors: Collectors;
  abstract readonly tally: Tally;
  abstract readonly waiting: WaitingCandidates;
  abstract readonly describeBlob: DescribeBlob;
  abstract readonly lag: EventLag;
  abstract readonly letters: DeadLetters;
  abstract readonly sendLetterAgain: SendLetterAgain;
}
