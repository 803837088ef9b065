import { Denied } from '@lading/oci';
import type { Scope } from '@lading/proto';

/** The first `count` components of a name. */
export function leading(name: string, count: number): string {
  return name.split('/').slice(0, count).join('/');
}

/** What is left of a name below its first `count` components; '' for the project itself. */
export function below(name: string, count: number): string {
  return name.split('/').slice(count).join('/');
}

/** All leading parts of a name, longest first. */
export function prefixes(name: string): string[] {
  const found = [name];
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) found.push(name.slice(0, at));
  return found;
}

/**
 * Holds a name to the form `group[/sub]/project[/a[/b]]` before anything is made at it.
 *
 * @param levels most components below the project; 0 allows any depth (`LADING_NAME_LEVELS`).
 * @throws Denied with the right form in the message.
 */
export function assertCreatable(scope: Pick<Scope, 'name'>, projectLevel: number, levels: number): void {
  const depth = scope.name.split('/').length;
  if (depth < projectLevel) {
    throw new Denied(`${scope.name} is a group; push to ${scope.name}/<project>`);
  }
  if (levels > 0 && depth - projectLevel > levels) {
    const form = `${leading(scope.name, projectLevel)}${'/<name>'.repeat(levels)}`;
    throw new Denied(`${scope.name} is too deep; at most ${levels} names may follow the project, as in ${form}`);
  }
}
