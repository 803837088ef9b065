// Renders the catalogue of settings (libs/platform/src/settings.ts) for people. Pure; write-config-docs.mjs writes.

/** Title and reader of each group of the catalogue, in the order of the documentation. */
const GROUPS = {
  http: 'Where it listens',
  data: 'Data',
  database: 'Database',
  blobs: 'Blobs (distribution, gc)',
  distribution: 'Protocol (distribution)',
  auth: 'Accounts, tokens and keys (auth)',
  gc: 'Collection (gc)',
  notifications: 'Notifications (ui-api)',
  grpc: 'Services started alone',
  operation: 'Operation',
};
const START = '<!-- settings: written by tools/write-config-docs.mjs -->';
const END = '<!-- end of settings -->';

/** @returns {string} the whole of `.env.example` */
export function renderEnvExample(settings) {
  const head =
    '# Every setting of Lading with its default. Unset or empty means the default.\n# docs/configuration.md says more.';
  const groups = groupsOf(settings).map(([title, group]) => [`# ${title}`, ...group.map(envLine)].join('\n\n'));
  return `${[head, ...groups].join('\n\n')}\n`;
}

function envLine(setting) {
  const file = setting.secret ? ` Or ${setting.env}_FILE, a file with the secret.` : '';
  return `# ${setting.describe}${file}\n# ${setting.env}=${setting.default ?? ''}`;
}

/** @returns {string} `page` with the tables of the settings between the two markers */
export function renderConfiguration(page, settings) {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start === -1 || end < start) throw new Error(`the page lacks the markers ${START} and ${END}`);
  const tables = groupsOf(settings).map(([title, group]) => [`### ${title}`, '', ...table(group)].join('\n'));
  return `${page.slice(0, start + START.length)}\n\n${tables.join('\n\n')}\n\n${page.slice(end)}`;
}

function table(group) {
  const rows = group.map(({ env, secret, default: text, describe }) => {
    const name = secret ? `\`${env}\`, \`${env}_FILE\`` : `\`${env}\``;
    return `| ${name} | ${text ? `\`${text}\`` : ''} | ${describe} |`;
  });
  return ['| setting | default | meaning |', '|---|---|---|', ...rows];
}

function groupsOf(settings) {
  const untitled = Object.keys(settings).filter((group) => !(group in GROUPS));
  if (untitled.length > 0) throw new Error(`groups without a title: ${untitled.join(', ')}`);
  return Object.entries(GROUPS).map(([group, title]) => [title, Object.values(settings[group] ?? {})]);
}
