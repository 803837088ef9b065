import { isInstalled } from './setup.mjs';

const lock = {
  packages: {
    '': { version: '1.0.0' },
    'libs/oci': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/@lading/oci': { resolved: 'libs/oci', link: true },
    'node_modules/only-on-darwin': { version: '1.0.0', optional: true },
  },
};
const linked = { '': {}, 'node_modules/@lading/oci': { resolved: 'libs/oci', link: true } };

describe('isInstalled', () => {
  it('accepts the tree of the lock file, without what is for another platform', () => {
    expect(isInstalled(lock, { packages: { ...linked, 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
  });

  it('refuses a tree that lacks a package or a workspace, or has another version', () => {
    expect(isInstalled(lock, { packages: linked })).toBe(false);
    expect(isInstalled(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(false);
    expect(isInstalled(lock, { packages: { ...linked, 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
  });

  it('refuses another version of an optional package', () => {
    const packages = {
      ...linked,
      'node_modules/a': { version: '1.0.0' },
      'node_modules/only-on-darwin': { version: '2.0.0' },
    };
    expect(isInstalled(lock, { packages })).toBe(false);
  });
});
