export { createUiApiApp, type UiApiApp, type UiApiOptions } from './create-ui-api-app.js';
export type { Endpoint } from './notification/endpoint.js';
export { notificationSettings } from './notification/endpoints-file.js';
