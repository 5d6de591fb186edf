import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import type { AuthenticationMethod, Principal } from '../../common/security/principal';
import { AuthConfig } from '../../config/auth.config';
import { TokenAuthenticator } from '../token-authenticator';
import { bearerToken } from '../tokens/bearer';
import { tokenOwner } from '../tokens/token-owner';

/** Owns every bearer token that names a configured provider as its issuer. */
@Injectable()
export class OidcStrategy extends PassportStrategy(Strategy, 'oidc' satisfies AuthenticationMethod) {
  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly config: AuthConfig,
  ) {
    super();
  }

  async validate(request: Request): Promise<Principal | null> {
    const token = bearerToken(request);
    if (token === undefined || tokenOwner(token, this.config.oidc) !== 'oidc') return null;
    return this.authenticator.authenticate(token);
  }
}
