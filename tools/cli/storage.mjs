// `lading storage` and `lading gc plan`: what takes room, and what would be free.
import { ask, askLines } from './api.mjs';
import { bytesText, tableText } from './text.mjs';
import { UsageError } from './usage-error.mjs';
import { verb } from './verb.mjs';

export const storage = verb({
  usage: `storage [options]

What takes room, all of it or of one project or repository.

  --project PROJECT      a project's full path or id
  --repository ID        a repository's id, as gc plan shows it`,
  flags: { project: { type: 'string' }, repository: { type: 'string' } },
  run: ({ connection, flags: { project, repository } }) => {
    if (project !== undefined) return ask(connection, 'GET', `/projects/${encodeURIComponent(project)}/storage`);
    if (repository === undefined) return ask(connection, 'GET', '/storage');
    return ask(connection, 'GET', `/registry/repositories/${encodeURIComponent(repository)}/storage`);
  },
  text: (figures) => ('objects' in figures ? ledgerText(figures) : holderText(figures)),
});

const row = (name, { count, bytes }) => [name, count, bytesText(bytes)];

function ledgerText({ counted, objects, total, links, manifests, deletedManifests }) {
  return [
    `As of ${counted}`,
    tableText([
      ['blobs', 'number', 'bytes'],
      row('that a manifest names', objects.named),
      row('that none names, or only a deleted one', objects.waiting),
      row('condemned', objects.condemned),
      row('being deleted', objects.purging),
      row('being uploaded', objects.uploading),
      row('together', total),
      row('without sharing', links),
      row('manifests (in the database)', manifests),
      row('deleted manifests (in the database)', deletedManifests),
    ]),
  ].join('\n');
}

function holderText({ path, id, exclusive, shared, pending, uploading, manifests, deletedManifests }) {
  return [
    `${path} (${id})`,
    tableText([
      ['blobs', 'number', 'bytes'],
      row('linked from nowhere else', exclusive),
      row('shared', shared),
      row('free before long', pending),
      row('being uploaded', uploading),
      row('manifests (in the database)', manifests),
      row('deleted manifests (in the database)', deletedManifests),
    ]),
  ].join('\n');
}

export const gcPlan = verb({
  usage: `gc plan [options]

What would be free once every clock has run out, if nobody asked for anything any more.

  --at TIME              or by this time, such as 2026-01-31T12:00:00Z`,
  flags: { at: { type: 'string' } },
  run: async ({ connection, flags: { at } }) => {
    const plan = { totals: undefined, projects: [], repositories: [] };
    let isWhole = false;
    const query = at === undefined ? '' : `?${new URLSearchParams({ at })}`;
    for await (const { kind, ...line } of askLines(connection, `/gc/plan${query}`)) {
      if (kind === 'plan') plan.totals = line;
      else if (kind === 'project') plan.projects.push(line);
      else if (kind === 'repository') plan.repositories.push(line);
      else isWhole = true;
    }
    if (!isWhole) throw new UsageError('the plan was cut off on its way; ask again');
    return plan;
  },
  text: ({ totals, projects, repositories }) => {
    const rows = [...projects.map(toRow('project')), ...repositories.map(toRow('repository'))];
    return [
      `As of ${totals.counted}, by ${totals.at ?? 'the time when every clock has run out'}: ` +
        `${totals.objects.count} blobs, ${bytesText(totals.objects.bytes)}, and ${totals.manifests.count} manifests`,
      `of these ${bytesText(totals.shared.bytes)} from several repositories, ${bytesText(totals.elsewhere.bytes)} from none`,
      ...(rows.length > 0 ? [tableText([['', 'blobs', 'own bytes', 'shared', 'manifests'], ...rows])] : []),
    ].join('\n');
  },
});

const toRow =
  (kind) =>
  ({ path, projectId, repositoryId, objects, shared, manifests }) => [
    `${kind} ${path} (${repositoryId ?? projectId})`,
    objects.count + shared.count,
    bytesText(objects.bytes),
    bytesText(shared.bytes),
    manifests.count,
  ];
