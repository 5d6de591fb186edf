import type { SettingValues } from './read-settings';

const EXAMPLE_SECRETS = [
  'your-secret-key',
  'your-secret-key-change-in-production',
  'your-256-bit-secret',
  'secret',
  'secret-key',
  'secretkey',
  'jwt-secret',
  'jwtsecret',
  'supersecret',
  'super-secret',
  'changeme',
  'change-me',
  'change-me-in-production',
  'changeit',
  'password',
  'default',
  'example',
  'test',
  'development',
  'promptstack',
  'promptstack-auth',
];
const MIN_PRODUCTION_HASH_COST = 10;

/** What `NODE_ENV=production` refuses (contract, "Strict rules in production"), beyond the rules that always hold. */
export function productionFaults(values: SettingValues): string[] {
  const faults: string[] = [];
  if (values.databaseUrl === undefined) faults.push('DATABASE_URL is required in production');
  if (values.allowDevHeaders) faults.push('AUTH_ALLOW_DEV_HEADERS must not be true in production');
  if (values.jwtSecretKey !== undefined && isGuessableSecret(values.jwtSecretKey)) {
    faults.push('AUTH_JWT_SECRET_KEY must not be a known example or easy to guess in production');
  }
  if (values.passwordHashCost < MIN_PRODUCTION_HASH_COST) {
    faults.push(`AUTH_PASSWORD_HASH_COST must be at least ${MIN_PRODUCTION_HASH_COST} in production`);
  }
  return faults;
}

/** A published example, or the repetition of one or a few characters. */
export function isGuessableSecret(secret: string): boolean {
  const folded = secret.trim().toLowerCase();
  return (
    EXAMPLE_SECRETS.some(
      (example) => isRepetitionOf(example, folded) || isRepetitionOf(`${example}-`, folded),
    ) || new Set(folded).size < 8
  );
}

function isRepetitionOf(unit: string, value: string): boolean {
  return unit.repeat(Math.ceil(value.length / unit.length)).startsWith(value);
}
