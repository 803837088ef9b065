// Writes .env.example and the tables of docs/configuration.md from the catalogue of settings: `npm run build` first.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settings } from '../libs/platform/dist/index.js';
import { renderConfiguration, renderEnvExample } from './config-docs.mjs';
import { ROOT } from './setup.mjs';

const page = join(ROOT, 'docs/configuration.md');
writeFileSync(join(ROOT, '.env.example'), renderEnvExample(settings));
writeFileSync(page, renderConfiguration(readFileSync(page, 'utf8'), settings));
