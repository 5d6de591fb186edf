import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { Request } from 'express';
import type { AuthenticationMethod, Principal } from '../../common/security/principal';
import { Providers } from '../oidc/providers';
import { Principals } from '../principals';
import { AccessTokens } from '../tokens/access-tokens';
import { bearerToken } from '../tokens/bearer';
import type { JsonObject } from '../../common/json-object';
import { tokenOwner } from '../tokens/token-owner';

/** Owns every bearer token that does not name a configured provider as its issuer. */
@Injectable()
export class LocalJwtStrategy extends PassportStrategy(Strategy, 'local-jwt' satisfies AuthenticationMethod) {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly principals: Principals,
    providers: Providers,
  ) {
    super({
      jwtFromRequest: (request: Request) => {
        const token = bearerToken(request);
        return token !== undefined && tokenOwner(token, providers) === 'local-jwt' ? token : null;
      },
      secretOrKeyProvider: (_request, token: string, done) => {
        try {
          done(null, tokens.verificationKey(token) as never);
        } catch (error) {
          done(error);
        }
      },
      jsonWebTokenOptions: tokens.verifyOptions,
      ...tokens.verifyOptions,
    });
  }

  validate(claims: JsonObject): Promise<Principal> {
    return this.principals.ofAccessToken(this.tokens.checkClaims(claims));
  }
}
