// Everything below is generated from proto/ by `npm run proto` and never edited.
export * from './gen/lading/auth/v1/auth.js';
export * from './gen/lading/gc/v1/collector.js';
export * from './gen/lading/metadata/v1/blob.js';
export * from './gen/lading/metadata/v1/collection.js';
export * from './gen/lading/metadata/v1/deletion.js';
export * from './gen/lading/metadata/v1/manifest.js';
export * from './gen/lading/metadata/v1/reconciliation.js';
export * from './gen/lading/metadata/v1/rule.js';
export * from './gen/lading/metadata/v1/scope.js';
export * from './gen/lading/metadata/v1/snapshot.js';
export * from './gen/lading/metadata/v1/storage.js';
export * from './gen/lading/metadata/v1/upload.js';
