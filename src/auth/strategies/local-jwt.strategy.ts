import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { Request } from 'express';
import type { JsonObject } from '../../common/json-object';
import type { AuthenticationMethod, Principal } from '../../security/principal';
import { ServiceAuthenticator } from '../../service-accounts/service-authenticator';
import { AccessTokens } from '../../tokens/access-tokens';
import { isServiceTokenUse } from '../../tokens/service-tokens';
import { bearerCredential } from '../bearer-credential';
import { TokenAuthenticator } from '../token-authenticator';

/** Owns every bearer token that does not name a configured provider as its issuer. passport-jwt verifies the signature. */
@Injectable()
export class LocalJwtStrategy extends PassportStrategy(Strategy, 'local-jwt' satisfies AuthenticationMethod) {
  constructor(
    tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
    private readonly services: ServiceAuthenticator,
  ) {
    const tokenOf = (request: Request) => bearerCredential(request, authenticator)!.token;
    super({
      jwtFromRequest: (request: Request) => tokenOf(request).raw,
      secretOrKeyProvider: (request: Request, _raw, done) =>
        done(null, tokens.verificationKey(tokenOf(request)) as never),
      jsonWebTokenOptions: tokens.verifyOptions,
      ...tokens.verifyOptions,
    });
  }

  override authenticate(request: Request, options?: object): void {
    const credential = bearerCredential(request, this.authenticator);
    if (credential && !credential.provider) super.authenticate(request, options);
    else this.fail(401); // passport asks the next strategy
  }

  validate(claims: JsonObject): Promise<Principal> {
    return isServiceTokenUse(claims)
      ? this.services.authenticateClaims(claims)
      : this.authenticator.authenticateClaims(claims);
  }
}
