import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApiDocument } from '../libs/events/src/index.js';
import { settings } from '../libs/platform/src/index.js';
import { renderConfiguration, renderEnvExample } from './config-docs.mjs';

const root = join(__dirname, '..');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');

function budgetsOf(content: string, row: RegExp): Record<string, number> {
  return Object.fromEntries([...content.matchAll(row)].map(([, kind, seconds]) => [kind, Number(seconds)]));
}

describe('what must agree', () => {
  it('is every setting in .env.example, as the catalogue has it', () => {
    expect(text('.env.example')).toBe(renderEnvExample(settings));
  });

  it('is every setting in docs/configuration.md, as the catalogue has it', () => {
    const page = text('docs/configuration.md');
    expect(page).toBe(renderConfiguration(page, settings));
    for (const { env } of Object.values(settings).flatMap((group) => Object.values(group)))
      expect(page).toContain(`\`${env}\``);
  });

  it('is the catalogue of events and docs/asyncapi.json', () => {
    expect(text('docs/asyncapi.json')).toBe(`${JSON.stringify(asyncApiDocument(), null, 2)}\n`);
  });

  it('is the budget of each kind in docs/testing.md and .ci/run, 50 minutes together at most', () => {
    const used = budgetsOf(text('.ci/run'), /^kind ([a-z-]+) (\d+) /gm);
    const documented = budgetsOf(text('docs/testing.md'), /^\| ([a-z-]+) \| (\d+) \|/gm);
    expect(Object.keys(used).length).toBeGreaterThanOrEqual(10);
    expect(documented).toEqual(used);
    expect(Object.values(used).reduce((sum, seconds) => sum + seconds, 0)).toBeLessThanOrEqual(3000);
  });

  it('is the npm scripts of .ci/run and those of package.json', () => {
    const { scripts } = JSON.parse(text('package.json'));
    const called = [...text('.ci/run').matchAll(/npm run --silent ([a-z:]+)/g)].map(([, name]) => name);
    expect(called).toContain('check');
    for (const name of called) expect(Object.keys(scripts)).toContain(name);
  });

  it('is the clients of docs/clients.md and the specs in test/clients', () => {
    const page = text('docs/clients.md');
    const rows = [...page.matchAll(/^\| \[[^\]]+\]\(#([a-z0-9-]+)\) \| .+ \| (.+) \|$/gm)];
    const specs = rows
      .flatMap(([, , cell]) => [...cell!.matchAll(/\(\.\.\/test\/clients\/([^)]+)\)/g)])
      .map(([, file]) => file);
    const there = readdirSync(join(root, 'test/clients')).filter((file) => file.endsWith('.spec.ts'));
    expect([...new Set(specs)].sort()).toEqual(there.sort());

    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) =>
      title!.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-'),
    );
    for (const [, anchor] of rows) expect(headings).toContain(anchor);
  });
});
