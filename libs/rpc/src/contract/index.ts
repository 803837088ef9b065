export { authPortContract, type KnownAccount } from './auth-port.contract.js';
export { blobPortContract } from './blob-port.contract.js';
export { collectionPortContract } from './collection-port.contract.js';
export { expectRefusal } from './expect-refusal.js';
export { manifestPortContract } from './manifest-port.contract.js';
export { scopeOf, sessionOf } from './push.js';
export type { RegistryPorts } from './registry-ports.js';
export { scopePortContract } from './scope-port.contract.js';
export { uploadPortContract } from './upload-port.contract.js';
