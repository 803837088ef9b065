// Writes docs/asyncapi.json from the catalogue of events: `npm run build` first.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApiDocument } from '../libs/events/dist/index.js';
import { ROOT } from './setup.mjs';

writeFileSync(join(ROOT, 'docs/asyncapi.json'), `${JSON.stringify(asyncApiDocument(), null, 2)}\n`);
