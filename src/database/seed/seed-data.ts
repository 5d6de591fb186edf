/** The teams that a new database has; new users join `DEFAULT_TEAM_NAME`, unless another one is the default already. */
export const SEED_TEAMS: readonly { readonly name: string; readonly externalRef: string | null }[] = [
  { name: 'General', externalRef: null },
  { name: 'Engineering', externalRef: 'eng' },
  { name: 'Product', externalRef: 'product' },
  { name: 'Design', externalRef: 'design' },
];

/** The domains that a new database has, all without a parent. New users are assigned to `DEFAULT_DOMAIN_KEY`, as above. */
export const SEED_DOMAINS: readonly { readonly key: string; readonly name: string }[] = [
  { key: 'engineering', name: 'Engineering' },
  { key: 'product', name: 'Product Management' },
  { key: 'design', name: 'Design' },
  { key: 'marketing', name: 'Marketing' },
  { key: 'sales', name: 'Sales' },
];

/** The one that gets the flag of the default team. */
export const DEFAULT_TEAM_NAME = 'General';

/** The one that gets the flag of the default domain. */
export const DEFAULT_DOMAIN_KEY = 'engineering';
