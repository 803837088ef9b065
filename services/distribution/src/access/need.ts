/** A scope that a route needs. */
export interface Need {
  name: string;
  actions: readonly string[];
}

/** What a challenge names: scopes of repositories, or that of `_catalog`. */
export type Asked = Need | 'catalog';
