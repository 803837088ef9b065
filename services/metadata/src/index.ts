export { MetadataModule } from './app.module.js';
export { BlobController } from './blob/blob.controller.js';
export { CollectionController } from './collection/collection.controller.js';
export { ManifestController } from './manifest/manifest.controller.js';
export { migrateRegistry } from './migrate.js';
export { ScopeController } from './scope/scope.controller.js';
export { MetadataSettings } from './settings.js';
export { UploadController } from './upload/upload.controller.js';
