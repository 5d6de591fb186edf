import { isGuessableSecret } from './guessable-secrets';
import type { SettingValues } from './read-settings';

const MIN_PRODUCTION_HASH_COST = 10;

/** What `NODE_ENV=production` refuses (contract, "Strict rules in production"), beyond the rules that always hold. */
export function productionFaults(values: SettingValues): string[] {
  const faults: string[] = [];
  if (values.databaseUrl === undefined) faults.push('DATABASE_URL is required in production');
  if (values.allowDevHeaders) faults.push('AUTH_ALLOW_DEV_HEADERS must not be true in production');
  if (values.seedFile !== undefined) faults.push('AUTH_SEED_FILE must not be set in production');
  for (const [name, secrets] of secretsOf(values)) {
    if (secrets.some(isGuessableSecret)) {
      faults.push(`${name} must not be a known example or easy to guess in production`);
    }
  }
  if (values.passwordHashCost < MIN_PRODUCTION_HASH_COST) {
    faults.push(`AUTH_PASSWORD_HASH_COST must be at least ${MIN_PRODUCTION_HASH_COST} in production`);
  }
  return faults;
}

/** All secrets that tokens can be made with: also one of before opens the door. */
function secretsOf(values: SettingValues): [name: string, secrets: readonly string[]][] {
  return [
    ['AUTH_JWT_SECRET_KEY', values.jwtSecretKey === undefined ? [] : [values.jwtSecretKey]],
    ['AUTH_JWT_PREVIOUS_SECRET_KEYS', values.jwtPreviousSecretKeys ?? []],
    ['AUTH_REFRESH_TOKEN_PREVIOUS_KEYS', values.refreshTokenPreviousKeys ?? []],
    ['AUTH_REFRESH_TOKEN_KEY', values.refreshTokenKey === undefined ? [] : [values.refreshTokenKey]],
  ];
}
