import { snapshotPortContract } from '@lading/rpc/contract';
import { contractOnMetadata } from './support/contract-on-metadata.js';

contractOnMetadata(snapshotPortContract);
