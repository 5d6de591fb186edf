import { JwksClient } from 'jwks-rsa';
import { createPublicKey } from 'node:crypto';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { isJsonObject, type JsonObject } from '../../common/json-object';
import type { ProviderHttp } from './provider-http';
import { providerKey, type ProviderKey, type PublishedKey } from './provider-key';
import { endpointOf, readMetadata } from './provider-metadata';
import { ProviderReadError } from './provider-read-error';

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
  const jwksUri = issuer.jwksUrl ?? (await discoverJwksUri(issuer, http, signal));
  const found = candidates(await http.json(jwksUri, signal));
  if (!found) throw new ProviderReadError('form', jwksUri, 'answered with something else than a key set');
  const published = [...(await parseKeys(found, jwksUri)), ...parseEdwardsKeys(found)];
  const keys = published.flatMap((key) => providerKey(key, issuer.algorithms) ?? []);
  if (keys.length === 0) {
    throw new ProviderReadError('form', jwksUri, `holds no key that can be used${contents(found)}`);
  }
  return keys;
}

async function discoverJwksUri(issuer: OidcIssuer, http: ProviderHttp, signal: AbortSignal): Promise<string> {
  return endpointOf(await readMetadata(issuer, http, signal), 'jwks_uri', 'key set', issuer);
}

/** Type, curve and algorithm of the keys that a set holds, for the operator who has to allow one of them. */
function contents(keys: readonly JsonObject[]): string {
  const kinds = keys.map(({ kty, crv, alg }) => [kty, crv, alg].filter(isWord).join(' '));
  const distinct = [...new Set(kinds)].filter((kind) => kind !== '').slice(0, 5);
  return distinct.length === 0 ? '' : `; its keys: ${distinct.join(', ')}`;
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,20}$/.test(value);
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
