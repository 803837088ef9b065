import type { DataSource, EntityManager } from 'typeorm';

/** Days after its last use at which a token ends. */
export const REFRESH_TOKEN_DAYS = 90;
/** Tokens of one account; the one used longest ago goes for one more. Every `docker login` makes one. */
export const MAX_REFRESH_TOKENS = 1000;
/** Ended tokens of all accounts that each new one takes along. */
const SWEPT = 100;

/** The account behind a token, as it is now. */
export interface TokenAccount {
  readonly id: string;
  readonly isAdmin: boolean;
}

/** Refresh tokens by their SHA-256. The only thing that adds rows also removes them, so they cannot pile up. */
export class RefreshTokenStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Stores a token of the account if `passwordHash` is still its password and it is not blocked; else false. */
  async insert(digest: Buffer, account: { readonly id: string; readonly passwordHash: string }): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await lockAccount(manager, account.id, account.passwordHash))) return false;
      await manager.query('INSERT INTO auth.refresh_token (digest, account_id) VALUES ($1, $2)', [digest, account.id]);
      await dropOldest(manager, account.id);
      await dropEnded(manager);
      return true;
    });
  }

  /** The account of a token that has not ended, and the token counts as used. */
  async use(digest: Buffer): Promise<TokenAccount | undefined> {
    const manager = this.dataSource.manager;
    const [found] = (await manager.query(
      `SELECT a.id::text, a.is_admin AS "isAdmin", t.used_at < clock_timestamp() - interval '1 hour' AS stale
           FROM auth.refresh_token t JOIN auth.account a ON a.id = t.account_id
          WHERE t.digest = $1 AND t.used_at > clock_timestamp() - make_interval(days => $2) AND a.blocked_at IS NULL`,
      [digest, REFRESH_TOKEN_DAYS],
    )) as (TokenAccount & { stale: boolean })[];
    if (found?.stale) await markUsed(manager, digest);
    return found;
  }
}

/**
 * Held until the token is there: a change of the password that comes first leaves no token of the old one, and one that
 * comes later finds the token and ends it. Sign-ins of one account take turns, so that none counts too few.
 */
async function lockAccount(manager: EntityManager, id: string, passwordHash: string): Promise<boolean> {
  const sql = `SELECT 1 FROM auth.account WHERE id = $1 AND password_hash = $2 AND blocked_at IS NULL
                  FOR NO KEY UPDATE`;
  return (await manager.query(sql, [id, passwordHash])).length > 0;
}

async function dropOldest(manager: EntityManager, accountId: string): Promise<void> {
  await manager.query(
    `DELETE FROM auth.refresh_token WHERE digest IN
       (SELECT digest FROM auth.refresh_token WHERE account_id = $1 ORDER BY used_at DESC OFFSET $2)`,
    [accountId, MAX_REFRESH_TOKENS],
  );
}

/** Skips rows that another sign-in is removing: waiting for each other's would be a deadlock. */
async function dropEnded(manager: EntityManager): Promise<void> {
  await manager.query(
    `DELETE FROM auth.refresh_token WHERE digest IN
       (SELECT digest FROM auth.refresh_token WHERE used_at <= clock_timestamp() - make_interval(days => $1)
         ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [REFRESH_TOKEN_DAYS, SWEPT],
  );
}

/** At most once an hour for each token, so that a thousand hosts that share one do not write one row all the time. */
async function markUsed(manager: EntityManager, digest: Buffer): Promise<void> {
  await manager.query(
    `UPDATE auth.refresh_token SET used_at = clock_timestamp()
      WHERE digest = $1 AND used_at < clock_timestamp() - interval '1 hour'`,
    [digest],
  );
}
