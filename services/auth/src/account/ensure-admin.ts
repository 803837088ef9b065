import { randomBytes } from 'node:crypto';
import { type Logger, Secret } from '@lading/platform';
import type { DataSource } from 'typeorm';
import { lockSetup } from '../key/signing-key-store.js';
import { Account } from './account.entity.js';
import { hashPassword, verifyPassword } from './password-hash.js';

export interface EnsureAdminOptions {
  readonly username: string;
  /** Left out: one is generated. */
  readonly password?: Secret;
  readonly logger: Logger;
  /**
   * Keeps a generated password where a person finds it, before the account exists: a crash between the two leaves a
   * password that opens nothing, and the next start makes another. An error undoes the account.
   */
  readonly keepPassword?: (username: string, password: Secret) => Promise<void>;
  /** What `keepPassword` kept at an earlier start, if it is still there. */
  readonly keptPassword?: Secret;
}

export interface EnsuredAdmin {
  readonly username: string;
  /** Which password opens the account: the one given, else the generated one that is kept, else one only its user has. */
  readonly password: 'given' | 'kept' | 'another';
}

/** Bytes of a generated password: 144 bits, 24 characters that survive any shell. */
const GENERATED_BYTES = 18;

/**
 * Makes the administrator at the first start. The name and password given are for that start alone: once an
 * administrator exists they change nothing, so that a password changed since is not set back by a restart; a log line
 * says so when they differ. Replicas that start together make one account.
 */
export async function ensureAdmin(dataSource: DataSource, options: EnsureAdminOptions): Promise<EnsuredAdmin> {
  return dataSource.transaction(async (manager) => {
    await lockSetup(manager);
    const [admin] = await manager.find(Account, { where: { isAdmin: true }, order: { id: 'ASC' }, take: 1 });
    if (admin !== undefined) {
      const opens = await whichOpens(admin, options);
      warnIfIgnored(admin, options, opens);
      return { username: admin.username, password: opens };
    }
    const username = options.username.toLowerCase();
    const password = options.password ?? generatePassword();
    if (options.password === undefined) await options.keepPassword?.(username, password);
    await manager.insert(Account, { username, passwordHash: await hashPassword(password.reveal()), isAdmin: true });
    options.logger.info({ username }, 'made the administrator');
    return { username, password: options.password === undefined ? 'kept' : 'given' };
  });
}

function generatePassword(): Secret {
  return new Secret(randomBytes(GENERATED_BYTES).toString('base64url'));
}

async function whichOpens({ passwordHash }: Account, options: EnsureAdminOptions): Promise<EnsuredAdmin['password']> {
  const opens = async (password?: Secret) => password && (await verifyPassword(passwordHash, password.reveal()));
  if (await opens(options.password)) return 'given';
  return (await opens(options.keptPassword)) ? 'kept' : 'another';
}

function warnIfIgnored(admin: Account, options: EnsureAdminOptions, opens: EnsuredAdmin['password']): void {
  const { username, password, logger } = options;
  const differs = password !== undefined && opens !== 'given';
  if (!differs && admin.username === username.toLowerCase()) return;
  logger.warn(
    { username: admin.username },
    'LADING_ADMIN_USER and LADING_ADMIN_PASSWORD are for the first start; the administrator exists and keeps name and password',
  );
}
