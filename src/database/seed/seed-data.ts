/** The teams that a new database has. A new person joins `DEFAULT_TEAM_NAME`. */
export const SEED_TEAMS: readonly { readonly name: string; readonly externalRef: string | null }[] = [
  { name: 'General', externalRef: null },
  { name: 'Engineering', externalRef: 'eng' },
  { name: 'Product', externalRef: 'product' },
  { name: 'Design', externalRef: 'design' },
];

/** The domains that a new database has, all without a parent. A new person is assigned to `DEFAULT_DOMAIN_KEY`. */
export const SEED_DOMAINS: readonly { readonly key: string; readonly name: string }[] = [
  { key: 'engineering', name: 'Engineering' },
  { key: 'product', name: 'Product Management' },
  { key: 'design', name: 'Design' },
  { key: 'marketing', name: 'Marketing' },
  { key: 'sales', name: 'Sales' },
];

/** The team of new people. */
export const DEFAULT_TEAM_NAME = 'General';

/** The domain of new people. */
export const DEFAULT_DOMAIN_KEY = 'engineering';
