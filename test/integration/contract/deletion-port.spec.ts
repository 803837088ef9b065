import { deletionPortContract } from '@lading/rpc/contract';
import { contractOnMetadata } from './support/contract-on-metadata.js';

contractOnMetadata(deletionPortContract);
