import { isGuessableSecret, GUESSABLE } from './guessable-secrets';
import { integer, list, oneOf, text } from './rules';
import { secret, setting, sliceOf, type ValuesOf } from './setting';
import type { KeySettings } from './signing-keys';

export const TOKEN_SETTINGS = {
  secretKey: secret(
    'AUTH_JWT_SECRET_KEY',
    text.optional(),
    'HS256 secret of at least 32 bytes: `openssl rand -base64 48`. Unset in development: one that `.data/` keeps; in tests: a random one for each run',
    { inProduction: (key) => key !== undefined && isGuessableSecret(key) && GUESSABLE },
  ),
  algorithm: setting(
    'AUTH_JWT_ALGORITHM',
    oneOf('HS256', 'RS256', 'ES256').default('HS256'),
    'Algorithm of our own tokens',
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
    'HS256 secrets of before, comma-separated: their tokens are accepted as long as they stand here',
    { inProduction: (keys) => keys.some(isGuessableSecret) && GUESSABLE },
  ),
  previousPublicKeys: secret(
    'AUTH_JWT_PREVIOUS_PUBLIC_KEYS',
    text.optional(),
    'PEM public keys of before (or of the next rotation), one after the other: accepted and published as long as they stand here',
  ),
  issuer: setting('AUTH_JWT_ISSUER', text.default('promptstack-auth'), '`iss` of our tokens'),
  audience: setting(
    'AUTH_JWT_AUDIENCE',
    text.optional(),
    'If set: `aud` of our tokens, and required of them',
  ),
  clientId: setting(
    'AUTH_JWT_CLIENT_ID',
    text.default('promptstack'),
    '`client_id` of our tokens, which strict verifiers ask for (RFC 9068 section 2.2). Empty: tokens carry none',
    { emptyCounts: true },
  ),
  accessTokenMinutes: setting(
    'AUTH_JWT_ACCESS_TOKEN_EXPIRE_MINUTES',
    integer(1, 1440).default(30),
    'Life of an access token in minutes',
  ),
  leewaySeconds: setting(
    'AUTH_JWT_LEEWAY_SECONDS',
    integer(0, 60).default(30),
    'Clock difference between machines that is forgiven, in seconds',
  ),
};

type TokenValues = ReturnType<typeof tokenValues>;

/** What our own access tokens say, and the keys that they are signed and verified with. */
export class TokenConfig extends sliceOf<TokenValues>() {}

/** The values in the form in which they are used, with the keys. */
export function tokenValues(values: ValuesOf<typeof TOKEN_SETTINGS>, keys: KeySettings) {
  const { issuer, audience, clientId, accessTokenMinutes, leewaySeconds } = values;
  return {
    signingKey: keys.signing,
    /** The signing key's own, and those of before. */
    verificationKeys: keys.verification,
    issuer,
    audience,
    /** Undefined: tokens carry none. */
    clientId: clientId === '' ? undefined : clientId,
    accessTokenSeconds: accessTokenMinutes * 60,
    leewaySeconds,
  };
}
