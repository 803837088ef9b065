export { composeHandler, type DistributionParts } from './compose-handler.js';
export { createDistributionApp } from './create-distribution-app.js';
export { DistributionSettings } from './settings.js';
export { V2Handler } from './v2/v2-handler.js';
