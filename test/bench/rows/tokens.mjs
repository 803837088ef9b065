import { requestRow } from './request-row.mjs';

const PATH = '/token?service=bench&scope=repository:bench/tokens:pull,push';

/** Tokens for a name and a password; of registries that have a token endpoint of their own. @type {import('./row.mjs').Group<{offered: boolean}>} */
export const tokens = {
  name: 'tokens',
  prepare: async (target) => ({ offered: target.credentials !== undefined }),
  rows: () =>
    [1, 16].map((connections) =>
      requestRow({
        name: 'token',
        connections,
        basic: true,
        able: (/** @type {{offered: boolean}} */ { offered }) => offered,
        request: () => ({ method: 'GET', path: PATH }),
      }),
    ),
};
