import { isGuessableSecret, GUESSABLE } from './guessable-secrets';
import { parseExtraClaims } from './extra-claims';
import { integer, list, oneOf, parsed, text } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';
import type { KeySettings } from './signing-keys';

export const TOKEN_SETTINGS = {
  secretKey: secret(
    'AUTH_JWT_SECRET_KEY',
    text.optional(),
    'HS256 secret of at least 32 bytes: `openssl rand -base64 48`. Unset in development: kept in `.data/`; in tests: random for each run',
    { inProduction: (key) => key !== undefined && isGuessableSecret(key) && GUESSABLE },
  ),
  algorithm: setting(
    'AUTH_JWT_ALGORITHM',
    oneOf('HS256', 'RS256', 'ES256').default('HS256'),
    'Signature algorithm of access tokens',
  ),
  privateKey: secret(
    'AUTH_JWT_PRIVATE_KEY',
    text.optional(),
    'PEM private key, line breaks also as `\\n`. RS256 (at least 2048 bits): `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072`; ' +
      'ES256: `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`',
  ),
  previousSecretKeys: secret(
    'AUTH_JWT_PREVIOUS_SECRET_KEYS',
    list(text).default([]),
    'Additional HS256 secrets (previous), comma-separated; accepted while listed',
    { inProduction: (keys) => keys.some(isGuessableSecret) && GUESSABLE },
  ),
  previousPublicKeys: secret(
    'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
    text.optional(),
    'Additional PEM public keys (previous, or next before a rotation), concatenated; accepted and published while listed',
  ),
  issuer: setting('AUTH_JWT_ISSUER', text.default('promptstack-auth'), '`iss` claim of access tokens'),
  audience: setting(
    'AUTH_JWT_AUDIENCE',
    text.optional(),
    '`aud` claim of access tokens, which is then required. Unset: none',
  ),
  clientId: setting(
    'AUTH_JWT_CLIENT_ID',
    text.default('promptstack'),
    '`client_id` claim of access tokens, which strict verifiers require (RFC 9068 section 2.2). Empty: none',
    { emptyCounts: true },
  ),
  type: setting(
    'AUTH_JWT_TYPE',
    oneOf('at+jwt', 'JWT').default('at+jwt'),
    '`typ` of access tokens; `JWT` for verifiers that take nothing else. With `JWT`, tokens of type `at+jwt` stay valid',
  ),
  extraClaims: setting(
    'AUTH_JWT_EXTRA_CLAIMS',
    parsed(parseExtraClaims).optional(),
    'Additional claims of access tokens, a JSON object of at most 1 KiB such as `{"scope":"read","username":"$email"}`: constants, and `$uid`, `$email`, `$name`, `$role` of the user. ' +
      'Whoever holds a token can read them: no secrets',
  ),
  accessTokenMinutes: setting(
    'AUTH_JWT_ACCESS_TOKEN_EXPIRE_MINUTES',
    integer(1, 1440).default(30),
    'Lifetime of access tokens, in minutes',
  ),
  leewaySeconds: setting(
    'AUTH_JWT_LEEWAY_SECONDS',
    integer(0, 60).default(30),
    'Tolerated clock difference between machines, in seconds',
  ),
};

type TokenValues = ReturnType<typeof tokenValues>;

/** Claims of our access tokens, and the keys that sign and verify them. */
export class TokenConfig extends sliceOf<TokenValues>() {}

/** The values in the form in which they are used, with the keys. */
export function tokenValues(values: ValuesOf<typeof TOKEN_SETTINGS>, keys: KeySettings) {
  const { issuer, audience, clientId, type, extraClaims, accessTokenMinutes, leewaySeconds } = values;
  return {
    signingKey: keys.signing,
    /** That of the signing key, and the additional ones. */
    verificationKeys: keys.verification,
    issuer,
    audience,
    /** Undefined when tokens have none. */
    clientId: clientId === '' ? undefined : clientId,
    type,
    extraClaims: extraClaims ?? {},
    accessTokenSeconds: accessTokenMinutes * 60,
    leewaySeconds,
  };
}
