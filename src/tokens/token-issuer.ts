import { Injectable } from '@nestjs/common';
import type { IdentityContext } from '../security/identity-context';
import { AccessTokens, type IssuedToken, type SignIn } from './access-tokens';
import { DeviceTokens, type KnownSession } from './device-tokens';

/** A user with the access and refresh token of a session. */
export interface TokenPair {
  readonly identity: IdentityContext;
  readonly accessToken: IssuedToken;
  readonly refreshToken: string;
  readonly deviceToken: string;
}

/** Issues the tokens that a sign-in or a refresh returns. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly deviceTokens: DeviceTokens,
  ) {}

  /** The session's refresh token with a new access token, and a token by which its device is known. */
  issuePair(
    identity: IdentityContext,
    session: SignIn & KnownSession & { readonly refreshToken: string },
  ): TokenPair {
    const accessToken = this.accessTokens.issue(identity, session);
    const deviceToken = this.deviceTokens.issue(identity.id, session);
    return { identity, accessToken, refreshToken: session.refreshToken, deviceToken };
  }
}
