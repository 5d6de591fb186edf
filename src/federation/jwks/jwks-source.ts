import { JwksClient } from 'jwks-rsa';
import { createPublicKey } from 'node:crypto';
import { discoveryUrl } from '../../common/oidc-discovery';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { isJsonObject, type JsonObject } from '../../common/json-object';
import type { ProviderHttp } from './provider-http';
import { providerKey, type ProviderKey, type PublishedKey } from './provider-key';
import { ProviderReadError, showUrl } from './provider-read-error';

/** For discovery and key set together. */
const TIMEOUT_MS = 3_000;
/** Providers publish a handful; each one costs time to read. */
const MAX_KEYS = 100;

/**
 * Reads the keys of an issuer from the issuer. Whatever is not a set with a usable key in it is a `ProviderReadError`: an
 * outage.
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

/** RSA and EC keys, by jwks-rsa; it leaves out what it cannot read. */
async function parseKeys(candidates: readonly JsonObject[], jwksUri: string): Promise<PublishedKey[]> {
  const keys = candidates.filter(({ kty }) => kty !== 'OKP');
  if (keys.length === 0) return []; // it throws when there are none
  const client = new JwksClient({
    jwksUri,
    cache: false, // RemoteJwks keeps the keys
    fetcher: () => Promise.resolve({ keys }),
  });
  const parsed = await client.getSigningKeys();
  return parsed.map((key) => {
    const { kid, alg } = key as { kid?: string; alg?: string };
    return { kid, alg, key: createPublicKey(key.getPublicKey()) };
  });
}

/** Ed25519 keys (RFC 8037 section 2), by ourselves: jwks-rsa makes Node 20 print a warning for each. */
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
      return []; // no point of the curve
    }
  });
}

/** As jwks-rsa has it: an empty text names nothing. */
function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** OpenID Connect Discovery 1.0 section 4: where the keys are; section 4.3: the issuer must be the one asked, exactly. */
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
  // Only an issuer on plain http, which production refuses, may have its keys there.
  const allowed = ['https:', new URL(issuer).protocol];
  if (!allowed.includes(new URL(jwksUri).protocol)) {
    throw new ProviderReadError('form', url, `names a key set that is not on https: ${showUrl(jwksUri)}`);
  }
  return jwksUri;
}

/**
 * The keys that jwks-rsa may look at; undefined for what is no key set. It goes by `kty` and `use`, and leaves out private keys; `key_ops` is not its matter
 * (RFC 7517 section 4.3), and a `kid` that is no text would make it forget the `kid`.
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
