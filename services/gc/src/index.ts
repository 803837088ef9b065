export { GcModule, type GcParts } from './app.module.js';
