import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../../common/errors/app-error';
import { withinDeadline } from '../../common/deadline';
import { FederationConfig } from '../../config/federation.config';
import type { OidcIssuer } from '../../config/oidc-issuer';
import type { ExternalProfile } from '../../identity/external-profile';
import { claimValue } from '../claim-value';
import { ProviderHttp } from '../jwks/provider-http';
import { ProviderReadError } from '../jwks/provider-read-error';
import { mapUserinfo, type CheckedClaims } from '../map-claims';
import { UnexpectedClaims } from '../unexpected-claims';
import { UserinfoSource, type Userinfo } from './userinfo-source';

const RETRY_SECONDS = 3;
const ADVICE =
  'userinfo is found by the metadata of the issuer and obeys the rules for key sets (https, no redirects, 3 s, 1 MiB); ' +
  'or have the provider put email and email_verified into access tokens, and leave userinfo out';

/** Asks providers for the address that an access token lacks (OpenID Connect Core 1.0 section 5.4), where that is configured. */
@Injectable()
export class UserinfoService {
  private readonly logger = new Logger('Userinfo');
  private readonly sources: ReadonlyMap<OidcIssuer, UserinfoSource>;

  constructor(
    { issuers }: FederationConfig,
    http: ProviderHttp,
    private readonly unexpected: UnexpectedClaims,
  ) {
    this.sources = new Map(
      issuers
        .filter(({ userinfo }) => userinfo)
        .map((issuer) => [issuer, new UserinfoSource(issuer, http, () => performance.now())]),
    );
  }

  /** The profile of a verified token, with `complete` if the provider is to be asked for the address of a new user. */
  offer(
    profile: ExternalProfile,
    { kind, claims }: CheckedClaims,
    accessToken: string,
    issuer: OidcIssuer,
  ): ExternalProfile {
    const source = this.sources.get(issuer);
    const isAsked = source && kind === 'access' && profile.emailFault === 'no-address';
    if (!isAsked || !isAbsent(claimValue(claims, issuer.claims.email))) return profile;
    const complete = async (): Promise<ExternalProfile> => {
      const userinfo = await this.ask(source, accessToken, issuer);
      if (!userinfo) return profile;
      // OpenID Connect Core 1.0 section 5.3.2: of another subject, nothing may be used.
      if (userinfo.sub !== claims.sub) return { ...profile, emailFault: 'userinfo-subject' };
      return mapUserinfo(
        profile,
        { ...userinfo, sub: claims.sub },
        issuer,
        this.unexpected.of(issuer.issuer),
      );
    };
    return { ...profile, complete };
  }

  private async ask(source: UserinfoSource, accessToken: string, issuer: OidcIssuer): Promise<Userinfo> {
    try {
      return await withinDeadline(source.ask(accessToken));
    } catch (error) {
      this.logger.warn({ msg: 'userinfo out of reach', issuer: issuer.issuer, ...describe(error) });
      throw new AppError('service-unavailable', {
        detail: 'The identity provider cannot be reached. Retry shortly.',
        retryAfterSeconds: RETRY_SECONDS,
        reason: 'identity provider',
        cause: error,
      });
    }
  }
}

function isAbsent(address: unknown): boolean {
  return address === undefined || address === null || address === '';
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof ProviderReadError)) return { err: error };
  return { cause: error.failure, url: error.url, detail: error.detail, advice: ADVICE };
}
