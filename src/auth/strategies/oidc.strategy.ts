import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import type { AuthenticationMethod, UserPrincipal } from '../../security/principal';
import { ProviderRegistry } from '../../federation/provider-registry';
import { TokenAuthenticator } from '../token-authenticator';
import { bearerToken } from '../bearer';
import { routeBearer } from '../route-bearer';

/** Owns every bearer token that names a configured provider as its issuer. */
@Injectable()
export class OidcStrategy extends PassportStrategy(Strategy, 'oidc' satisfies AuthenticationMethod) {
  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly providers: ProviderRegistry,
  ) {
    super();
  }

  async validate(request: Request): Promise<UserPrincipal | null> {
    const token = bearerToken(request);
    if (token === undefined || routeBearer(token, this.providers) !== 'oidc') return null;
    return this.authenticator.authenticate(token);
  }
}
