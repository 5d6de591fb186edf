import { JwksClient } from 'jwks-rsa';
import { createPublicKey } from 'node:crypto';
import { discoveryUrl } from '../../common/oidc-discovery';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { isJsonObject, type JsonObject } from '../../common/json-object';
import type { ProviderHttp } from './provider-http';
import { providerKey, type ProviderKey, type PublishedKey } from './provider-key';
import { ProviderReadError, showUrl } from './provider-read-error';

/** Limit for discovery and key set together. */
const TIMEOUT_MS = 3_000;
/** Providers publish a handful; each one takes time to parse. */
const MAX_KEYS = 100;

/**
 * Reads the keys of an issuer over the network. Throws a `ProviderReadError`, which counts as an outage, unless the answer
 * is a key set with at least one usable key.
 */
export async function fetchJwks(issuer: OidcIssuer, http: ProviderHttp): Promise<readonly ProviderKey[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const jwksUri = issuer.jwksUrl ?? (await discover(issuer.issuer, http, signal));
  const found = candidates(await http.json(jwksUri, signal));
  if (!found) throw new ProviderReadError('form', jwksUri, 'answered with something else than a key set');
  const published = [...(await parseKeys(found, jwksUri)), ...parseEdwardsKeys(found)];
  const keys = published.flatMap((key) => providerKey(key, issuer.algorithms) ?? []);
  if (keys.length === 0) throw new ProviderReadError('form', jwksUri, 'holds no key that can be used');
  return keys;
}

/** RSA and EC keys, parsed by jwks-rsa, which skips what it cannot read. */
async function parseKeys(candidates: readonly JsonObject[], jwksUri: string): Promise<PublishedKey[]> {
  const keys = candidates.filter(({ kty }) => kty !== 'OKP');
  if (keys.length === 0) return []; // jwks-rsa throws when there are none
  const client = new JwksClient({
    jwksUri,
    cache: false, // RemoteJwks caches the keys
    fetcher: () => Promise.resolve({ keys }),
  });
  const parsed = await client.getSigningKeys();
  return parsed.map((key) => {
    const { kid, alg } = key as { kid?: string; alg?: string };
    return { kid, alg, key: createPublicKey(key.getPublicKey()) };
  });
}

/** Ed25519 keys (RFC 8037 section 2), parsed here: with jwks-rsa, Node 20 prints a warning for each. */
function parseEdwardsKeys(candidates: readonly JsonObject[]): PublishedKey[] {
  const keys = candidates.filter(
    ({ kty, crv, use, d }) =>
      kty === 'OKP' && crv === 'Ed25519' && (use === undefined || use === 'sig') && d === undefined,
  );
  return keys.flatMap(({ kid, alg, x }) => {
    try {
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: x as string }, format: 'jwk' });
      return [{ kid: text(kid), alg: text(alg), key }];
    } catch {
      return []; // not a point on the curve
    }
  });
}

/** Like jwks-rsa, treats an empty string as absent. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** OpenID Connect Discovery 1.0 section 4: the address of the keys; section 4.3: `issuer` must be exactly the one asked. */
async function discover(issuer: string, http: ProviderHttp, signal: AbortSignal): Promise<string> {
  const url = discoveryUrl(issuer);
  const metadata = await http.json(url, signal);
  if (!isJsonObject(metadata) || metadata.issuer !== issuer) {
    throw new ProviderReadError('issuer', url, `names another issuer than ${issuer}`);
  }
  const { jwks_uri: jwksUri } = metadata;
  if (typeof jwksUri !== 'string' || !URL.canParse(jwksUri)) {
    throw new ProviderReadError('form', url, 'names no key set');
  }
  // Only an issuer on plain http, which production refuses, may publish its keys over plain http.
  const allowed = ['https:', new URL(issuer).protocol];
  if (!allowed.includes(new URL(jwksUri).protocol)) {
    throw new ProviderReadError('form', url, `names a key set that is not on https: ${showUrl(jwksUri)}`);
  }
  return jwksUri;
}

/**
 * The keys to parse; undefined when the document is not a key set. jwks-rsa checks `kty` and `use` and skips private keys, but
 * it ignores `key_ops` (RFC 7517 section 4.3) and drops a `kid` that is not a string.
 */
function candidates(keySet: unknown): JsonObject[] | undefined {
  const keys = isJsonObject(keySet) && Array.isArray(keySet.keys) ? (keySet.keys as unknown[]) : undefined;
  if (!keys || keys.length > MAX_KEYS) return undefined;
  return keys.filter(
    (key): key is JsonObject =>
      isJsonObject(key) &&
      (key.kid === undefined || typeof key.kid === 'string') &&
      (key.key_ops === undefined || (Array.isArray(key.key_ops) && key.key_ops.includes('verify'))),
  );
}
