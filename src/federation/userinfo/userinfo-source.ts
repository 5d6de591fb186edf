import { timeFor } from '../../common/deadline';
import { isJsonObject, type JsonObject } from '../../common/json-object';
import type { OidcIssuer } from '../../config/oidc-issuer';
import type { ProviderHttp } from '../jwks/provider-http';
import { endpointOf, readMetadata } from '../jwks/provider-metadata';
import { ProviderReadError, showUrl } from '../jwks/provider-read-error';
import { isPrivateHost } from './private-host';

/** Limit for discovery and userinfo together. */
const TIMEOUT_MS = 3_000;
/** How long the address from the metadata is used. */
const ENDPOINT_MS = 600_000;
/** Requests to one provider at the same time. */
const MAX_PARALLEL = 20;

/** What the provider says about the user of an access token; undefined when it does not accept the token. */
export type Userinfo = JsonObject | undefined;

/** The userinfo endpoint of one issuer (OpenID Connect Core 1.0 section 5.3). */
export class UserinfoSource {
  private endpoint: { readonly url: string; readonly readAt: number } | undefined;
  private readonly asking = new Map<string, Promise<Userinfo>>();

  /** `now` is a monotonic clock in milliseconds. */
  constructor(
    private readonly issuer: OidcIssuer,
    private readonly http: ProviderHttp,
    private readonly now: () => number,
  ) {}

  /** Concurrent calls for one token share a request. Throws a `ProviderReadError`, which counts as an outage. */
  async ask(accessToken: string): Promise<Userinfo> {
    const known = this.asking.get(accessToken);
    if (known) return known;
    if (this.asking.size >= MAX_PARALLEL) {
      throw new ProviderReadError('timeout', this.issuer.issuer, 'is asked about too many tokens at once');
    }
    const asked = this.read(accessToken).finally(() => this.asking.delete(accessToken));
    this.asking.set(accessToken, asked);
    return asked;
  }

  private async read(accessToken: string): Promise<Userinfo> {
    const signal = AbortSignal.timeout(Math.max(0, timeFor(TIMEOUT_MS)));
    try {
      const url = await this.find(signal);
      const claims = await this.http.json(url, signal, accessToken);
      if (!isJsonObject(claims))
        throw new ProviderReadError('form', url, 'answered with something else than claims');
      return claims;
    } catch (error) {
      const status = error instanceof ProviderReadError ? error.answer.status : undefined;
      // RFC 6750 section 3.1: the token is not accepted, or lacks the scope.
      if (this.endpoint && (status === 401 || status === 403)) return undefined;
      this.endpoint = undefined;
      throw error;
    }
  }

  /** From the metadata, also where the address of the key set is configured. */
  private async find(signal: AbortSignal): Promise<string> {
    if (this.endpoint && this.now() - this.endpoint.readAt < ENDPOINT_MS) return this.endpoint.url;
    this.endpoint = undefined;
    const metadata = await readMetadata(this.issuer, this.http, signal);
    const url = endpointOf(metadata, 'userinfo_endpoint', 'userinfo endpoint', this.issuer);
    if (isPrivateHost(url) && !isPrivateHost(this.issuer.issuer)) {
      const detail = `names a userinfo endpoint in a private network: ${showUrl(url)}`;
      throw new ProviderReadError('form', this.issuer.issuer, detail);
    }
    this.endpoint = { url, readAt: this.now() };
    return url;
  }
}
