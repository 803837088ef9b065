const READ_ONLY_DEV = 'mount --rbind /dev /dev && mount -o remount,bind,ro /dev';

/**
 * The words that run a program which mounts, as root, in a mount namespace of its own. Nothing that it or its children
 * mount is seen by anyone else, and all of it is gone with the last of them, however they end: a folder removed later
 * cannot hold a mount of theirs. /dev is read-only there: they use the devices of this machine, and can neither remove
 * nor replace one, nor make one. The program takes the place of these words, with their process id.
 *
 * @param before a shell command that goes first, in the same namespace
 */
export function withOwnMounts(command: string[], before = 'true'): string[] {
  const script = `${before} && ${READ_ONLY_DEV} && exec "$@"`;
  return ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command];
}
