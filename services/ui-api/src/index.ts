export { createUiApiApp, type UiApiApp, type UiApiOptions } from './create-ui-api-app.js';
