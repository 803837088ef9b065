export { type EnsureAdminOptions, type EnsuredAdmin, ensureAdmin } from './account/ensure-admin.js';
export { tokenTtlRule } from './config.js';
export { type AuthApp, type AuthAppOptions, createAuthApp } from './create-auth-app.js';
export { openAuthDatabase } from './database.js';
export { RotationTooSoon, rotateSigningKey } from './key/rotate-signing-key.js';
export { KeySealer, WrongKeySecret } from './key/seal.js';
