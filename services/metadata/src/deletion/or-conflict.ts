import { Conflict } from '@lading/oci';

const UNIQUE_VIOLATION = '23505';

/**
 * A write that the unique index of live names refuses is a conflict; the transaction is over then.
 *
 * @throws Conflict, or what the write threw.
 */
export async function orConflict(write: Promise<unknown>, message: string, detail: object): Promise<void> {
  try {
    await write;
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    throw new Conflict(message, { detail });
  }
}
