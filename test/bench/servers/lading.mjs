import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../services/standalone/dist/main.js', import.meta.url));
const PASSWORD = 'bench-password-of-one-run';

/** @type {import('./target.mjs').Launcher} */
export const lading = {
  kind: 'lading',
  description:
    'Lading, `node services/standalone/dist/main.js` with its defaults: embedded PostgreSQL, a bearer token on' +
    ' every request, its log written to a file.',
  durable: true,
  credentials: { user: 'admin', password: PASSWORD },
  missing: () => (existsSync(MAIN) ? undefined : 'services/standalone is not built: npm run build'),
  prepare: (dir, port, settings) => ({
    command: process.execPath,
    args: [MAIN],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      LADING_DATA_DIR: join(dir, 'data'),
      LADING_HOST: '127.0.0.1',
      LADING_PORT: String(port),
      LADING_ADMIN_PASSWORD: PASSWORD,
      ...settings,
    },
  }),
};
