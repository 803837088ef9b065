import type { Registry } from './registry.js';

/** Makes the tags of a project that a pattern is about immutable. */
export async function addTagRule(registry: Registry, project: string, pattern: string): Promise<void> {
  const { url, user, password } = registry;
  const path = `/api/v4/projects/${encodeURIComponent(project)}/registry/protection/tag/rules`;
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ tag_name_pattern: pattern }),
  });
  if (answer.status !== 201)
    throw new Error(`the rule ${pattern} of ${project}: ${answer.status} ${await answer.text()}`);
}
