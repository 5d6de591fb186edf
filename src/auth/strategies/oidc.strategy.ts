import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import type { AuthenticationMethod, Principal } from '../../common/security/principal';
import { Providers } from '../oidc/providers';
import { TokenAuthenticator } from '../token-authenticator';
import { bearerToken } from '../tokens/bearer';
import { tokenOwner } from '../tokens/token-owner';

/** Owns every bearer token that names a configured provider as its issuer. */
@Injectable()
export class OidcStrategy extends PassportStrategy(Strategy, 'oidc' satisfies AuthenticationMethod) {
  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly providers: Providers,
  ) {
    super();
  }

  async validate(request: Request): Promise<Principal | null> {
    const token = bearerToken(request);
    if (token === undefined || tokenOwner(token, this.providers) !== 'oidc') return null;
    return this.authenticator.authenticate(token);
  }
}
