import { discoveryUrl } from '../../common/oidc-discovery';
import type { OidcIssuer } from '../../config/oidc-issuer';
import { ProviderReadError, showUrl, type ReadFailure } from './provider-read-error';

const NETWORK = 'look at DNS, firewall, HTTPS_PROXY and NO_PROXY between this service and the address';

/** What an operator needs to know about a failure; no stack, because the fault is not in this service. */
export function describeReadError(error: unknown, issuer: OidcIssuer): Record<string, unknown> {
  if (!(error instanceof ProviderReadError)) return { err: error };
  const { failure, url, detail } = error;
  return { cause: failure, url, detail, advice: readAdvice(error, issuer) };
}

/** What an operator can do about a document of a provider that could not be read: names settings, for the log. */
function readAdvice({ failure, url }: ProviderReadError, issuer: OidcIssuer): string {
  const { jwksUrl } = issuer.source;
  const isDiscovery = url.replace(/\/$/, '') === showUrl(discoveryUrl(issuer.issuer));
  const direct = `or set ${jwksUrl} to the address of the provider's key set, which needs no metadata`;
  if (failure === 'issuer') {
    return (
      `${issuer.source.issuer} must be what the provider's tokens have as iss, to the last slash, and its metadata must name the same; ` +
      `where iss is as configured and only the metadata differs, set ${jwksUrl}, and the metadata is not read`
    );
  }
  return isDiscovery ? `${DISCOVERY[failure] ?? NETWORK}; ${direct}` : keySetAdvice(failure, issuer);
}

const TLS =
  'the certificate must be valid for the address; for one of a private authority set NODE_EXTRA_CA_CERTS';

const DISCOVERY: Partial<Record<ReadFailure, string>> = {
  tls: TLS,
  redirect: 'redirects are not followed: configure the issuer whose metadata is at the target',
  status: 'the issuer has no metadata at this address',
  size: 'this is not the metadata of a provider',
  json: 'this is not the metadata of a provider',
  form: 'the metadata must name a jwks_uri, on https',
};

function keySetAdvice(failure: ReadFailure, { source }: OidcIssuer): string {
  if (failure === 'tls') return TLS;
  if (failure === 'redirect') return `redirects are not followed: set ${source.jwksUrl} to the target`;
  if (failure === 'form') {
    return `the provider must sign with a public key of an algorithm in ${source.algorithms}; compare ${source.jwksUrl} with its jwks_uri`;
  }
  const isAnswered = failure === 'status' || failure === 'json' || failure === 'size';
  return isAnswered ? `compare ${source.jwksUrl} with the provider's jwks_uri` : NETWORK;
}
