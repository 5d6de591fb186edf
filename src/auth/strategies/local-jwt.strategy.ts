import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { Request } from 'express';
import type { AuthenticationMethod, UserPrincipal } from '../../security/principal';
import { ProviderRegistry } from '../../federation/provider-registry';
import { AccessTokenPrincipalResolver } from '../access-token-principal.resolver';
import { AccessTokens } from '../../tokens/access-tokens';
import { bearerToken } from '../bearer';
import type { JsonObject } from '../../common/json-object';
import { routeBearer } from '../route-bearer';

/** Owns every bearer token that does not name a configured provider as its issuer. */
@Injectable()
export class LocalJwtStrategy extends PassportStrategy(Strategy, 'local-jwt' satisfies AuthenticationMethod) {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly principals: AccessTokenPrincipalResolver,
    providers: ProviderRegistry,
  ) {
    super({
      jwtFromRequest: (request: Request) => {
        const token = bearerToken(request);
        return token !== undefined && routeBearer(token, providers) === 'local-jwt' ? token : null;
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

  validate(claims: JsonObject): Promise<UserPrincipal> {
    return this.principals.ofAccessToken(this.tokens.checkClaims(claims));
  }
}
