import { type DataSource, IsNull } from 'typeorm';
import { Account } from './account.entity.js';

/** Accounts that may sign in; a blocked one is as one that never was. */
export class AccountStore {
  constructor(private readonly dataSource: DataSource) {}

  /** @param username in lower case */
  findByUsername(username: string): Promise<Account | undefined> {
    return this.find({ username });
  }

  findById(id: string): Promise<Account | undefined> {
    return this.find({ id });
  }

  private async find(where: { username: string } | { id: string }): Promise<Account | undefined> {
    const accounts = this.dataSource.getRepository(Account);
    return (await accounts.findOneBy({ ...where, blockedAt: IsNull() })) ?? undefined;
  }
}
