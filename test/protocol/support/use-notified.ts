import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeScratch, scratch } from '../../support/scratch.js';
import { Receiver } from './receiver.js';
import { type Used, useRegistry } from './use-registry.js';

/** Of use from the first `beforeAll` after `useNotified` on. */
export interface Notifying extends Used {
  receiver(): Receiver;
}

/**
 * A registry that notifies a receiver, for the tests of a file.
 *
 * @param fileOf what is in the file of endpoints.
 */
export function useNotified(fileOf: (receiver: Receiver) => object, env: Record<string, string> = {}): Notifying {
  const dir = scratch();
  const settings = { ...env };
  let started: Receiver | undefined;
  beforeAll(async () => {
    started = await Receiver.start();
    settings.LADING_NOTIFICATIONS_FILE = join(dir, 'notifications.json');
    writeFileSync(settings.LADING_NOTIFICATIONS_FILE, JSON.stringify(fileOf(started)));
  });
  const used = useRegistry(settings);
  afterAll(async () => {
    await started?.close();
    removeScratch(dir);
  });
  const receiver = () => {
    if (started === undefined) throw new Error('the receiver is started by a beforeAll, and asked before that');
    return started;
  };
  return { ...used, receiver };
}
