import { storagePortContract } from '@lading/rpc/contract';
import { contractOnMetadata } from './support/contract-on-metadata.js';

contractOnMetadata(storagePortContract);
