import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import type { AuthenticationMethod, UserPrincipal } from '../../security/principal';
import { bearerCredential } from '../bearer-credential';
import { TokenAuthenticator } from '../token-authenticator';

/** Owns every bearer token that names a configured provider as its issuer. */
@Injectable()
export class OidcStrategy extends PassportStrategy(Strategy, 'oidc' satisfies AuthenticationMethod) {
  constructor(private readonly authenticator: TokenAuthenticator) {
    super();
  }

  async validate(request: Request): Promise<UserPrincipal | null> {
    const credential = bearerCredential(request, this.authenticator);
    return credential?.provider ? this.authenticator.authenticate(credential) : null;
  }
}
