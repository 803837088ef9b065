// Gives every package the same targets, inferred from its package.json: no project.json to keep.
import { dirname } from 'node:path';

const PACKAGES = '{services,libs}/*/package.json';

function project(root) {
  const isLibrary = root.startsWith('libs/');
  return {
    root,
    tags: [isLibrary ? 'type:lib' : 'type:service'],
    targets: {
      build: { command: 'tsc -b', options: { cwd: root } },
      test: { command: `jest -c jest.config.cjs --selectProjects unit --passWithNoTests ${root}/` },
      lint: { command: `biome check ${root}` },
    },
  };
}

export const createNodesV2 = [
  PACKAGES,
  (files) => files.map((file) => [file, { projects: { [dirname(file)]: project(dirname(file)) } }]),
];
