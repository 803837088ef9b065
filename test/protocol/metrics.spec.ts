import { useRegistry } from './support/use-registry.js';

const TOKEN = 'the-token-of-a-scraper';
const { registry, http } = useRegistry({ LADING_METRICS_TOKEN: TOKEN });
const isStandalone = process.env.LADING_TEST_SHAPE !== 'services';

const scrape = (headers: Record<string, string>) => fetch(`${registry.url}/metrics`, { headers });

it('figures are for this machine and for who has the token', async () => {
  expect((await scrape({ 'x-forwarded-for': '192.0.2.1' })).status).toBe(401);
  expect((await scrape({ 'x-forwarded-for': '192.0.2.1', authorization: 'Bearer another-token' })).status).toBe(401);
  expect((await scrape({ 'x-forwarded-for': '192.0.2.1', authorization: `Bearer ${TOKEN}` })).status).toBe(200);
});

it('every line is a figure or a comment, and none names a repository', async () => {
  expect((await http.send('POST', '/v2/figures/named/blobs/uploads/')).status).toBe(202);
  const text = await (await scrape({ authorization: `Bearer ${TOKEN}` })).text();
  for (const line of text.trimEnd().split('\n')) {
    expect(line).toMatch(
      /^(# (HELP|TYPE) [a-z0-9_:]+ .+|[a-z0-9_]+(\{[^}]*\})? (-?[\d.]+(e[+-]?\d+)?|Nan|NaN|[+-]Inf))$/,
    );
  }
  expect(text).toContain('process_resident_memory_bytes');
  expect(text).not.toContain('figures/named');
});

// Where each service is a process of its own, this address has the figures of one of them.
const NAMES = isStandalone
  ? [
      'lading_outbox_events',
      'lading_outbox_age_seconds',
      'lading_events_consumer_lag{consumer="gc"}',
      'lading_events_dead_letters{consumer="gc"} 0',
      'lading_gc_candidates{kind="link"}',
      'lading_gc_oldest_due_seconds{kind="object"} 0',
      'lading_gc_leaving_objects{state="condemned"} 0',
      'lading_gc_paused 0',
      'lading_gc_halted 0',
      'lading_damaged_objects 0',
      'lading_database_multixact_age',
    ]
  : ['process_cpu_seconds_total'];

it('one address has the figures of all services behind it', async () => {
  const text = await (await scrape({ authorization: `Bearer ${TOKEN}` })).text();
  for (const name of NAMES) expect(text).toContain(`\n${name}`);
  expect(text).not.toMatch(/^lading_metrics_up.* 0$/m);
});
