import { discoveryUrl } from '../../common/oidc-discovery';
import { isJsonObject, type JsonObject } from '../../common/json-object';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { formOf } from '../claim-value';
import type { ProviderHttp } from './provider-http';
import { ProviderReadError, showUrl } from './provider-read-error';

const MAX_SHOWN = 200;

/** OpenID Connect Discovery 1.0 section 4: the issuer's metadata; section 4.3: its `issuer` must be exactly the one asked. */
export async function readMetadata(
  { issuer }: OidcIssuer,
  http: ProviderHttp,
  signal: AbortSignal,
): Promise<JsonObject> {
  const url = discoveryUrl(issuer);
  const metadata = await readWithSlash(url, http, signal);
  if (!isJsonObject(metadata))
    throw new ProviderReadError('form', url, 'answered with something else than metadata');
  if (metadata.issuer !== issuer) {
    const detail = `names another issuer than ${issuer}: ${shownIssuer(metadata.issuer)}`;
    throw new ProviderReadError('issuer', url, detail);
  }
  return metadata;
}

/** The URL that the metadata has under this name; `what` is at that address. */
export function endpointOf(metadata: JsonObject, name: string, what: string, { issuer }: OidcIssuer): string {
  const url = discoveryUrl(issuer);
  const endpoint = metadata[name];
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) {
    throw new ProviderReadError('form', url, `names no ${what}`);
  }
  // Only an issuer on plain http, which production refuses, may have endpoints on plain http.
  const allowed = ['https:', new URL(issuer).protocol];
  if (!allowed.includes(new URL(endpoint).protocol)) {
    throw new ProviderReadError('form', url, `names a ${what} that is not on https: ${showUrl(endpoint)}`);
  }
  return endpoint;
}

/** Follows one redirect, which only adds a slash (django-oauth-toolkit); the answer must still name the issuer. */
async function readWithSlash(url: string, http: ProviderHttp, signal: AbortSignal): Promise<unknown> {
  try {
    return await http.json(url, signal);
  } catch (error) {
    const withSlash = `${new URL(url).href}/`;
    const isSlash = error instanceof ProviderReadError && error.answer.location === withSlash;
    if (!isSlash) throw error;
    return http.json(withSlash, signal);
  }
}

/** An issuer for the log, with its last slash, and without credentials and query. */
function shownIssuer(issuer: unknown): string {
  if (typeof issuer !== 'string') return issuer === undefined ? 'none' : formOf(issuer);
  const shown = issuer.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  return shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
}
