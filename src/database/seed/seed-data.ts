/** The teams of a new database; new users join `DEFAULT_TEAM_NAME`, unless another team is the default already. */
export const SEED_TEAMS: readonly { readonly name: string; readonly externalRef: string | null }[] = [
  { name: 'General', externalRef: null },
  { name: 'Engineering', externalRef: 'eng' },
  { name: 'Product', externalRef: 'product' },
  { name: 'Design', externalRef: 'design' },
];

/** The domains of a new database, all without a parent. New users are assigned to `DEFAULT_DOMAIN_KEY` in the same way. */
export const SEED_DOMAINS: readonly { readonly key: string; readonly name: string }[] = [
  { key: 'engineering', name: 'Engineering' },
  { key: 'product', name: 'Product Management' },
  { key: 'design', name: 'Design' },
  { key: 'marketing', name: 'Marketing' },
  { key: 'sales', name: 'Sales' },
];

/** The team that is flagged as default. */
export const DEFAULT_TEAM_NAME = 'General';

/** The domain that is flagged as default. */
export const DEFAULT_DOMAIN_KEY = 'engineering';
