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
}

export interface EnsuredAdmin {
  readonly username: string;
  /** Only at the start that made the account, when no password was given. */
  readonly generatedPassword?: Secret;
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
      await warnIfIgnored(admin, options);
      return { username: admin.username };
    }
    const username = options.username.toLowerCase();
    const password = options.password ?? generatePassword();
    if (options.password === undefined) await options.keepPassword?.(username, password);
    await manager.insert(Account, { username, passwordHash: await hashPassword(password.reveal()), isAdmin: true });
    options.logger.info({ username }, 'made the administrator');
    return options.password === undefined ? { username, generatedPassword: password } : { username };
  });
}

function generatePassword(): Secret {
  return new Secret(randomBytes(GENERATED_BYTES).toString('base64url'));
}

async function warnIfIgnored(admin: Account, { username, password, logger }: EnsureAdminOptions): Promise<void> {
  const differs = password !== undefined && !(await verifyPassword(admin.passwordHash, password.reveal()));
  if (!differs && admin.username === username.toLowerCase()) return;
  logger.warn(
    { username: admin.username },
    'LADING_ADMIN_USER and LADING_ADMIN_PASSWORD are for the first start; the administrator exists and keeps name and password',
  );
}
