import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { AppError } from '../common/errors/app-error';
import type { Scope } from '../security/permissions';
import { permissionsOf, type Principal, type ServicePrincipal } from '../security/principal';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import { SERVICE_KEY_PREFIX } from '../service-accounts/service-key';
import { AccessTokens } from '../tokens/access-tokens';
import { isServiceTokenUse } from '../tokens/service-tokens';
import { bearerToken } from './bearer-credential';
import { serviceKeyOf } from './service-key-credential';
import { TokenAuthenticator } from './token-authenticator';

/** Services as callers of routes that the guard leaves open. */
@Injectable()
export class ServiceCallers {
  constructor(
    private readonly services: ServiceAuthenticator,
    private readonly authenticator: TokenAuthenticator,
    private readonly tokens: AccessTokens,
  ) {}

  /** Whoever the Authorization header names; undefined when it names nobody. Refuses with `invalid-token`. */
  async authenticate(request: Request): Promise<Principal | undefined> {
    const key = serviceKeyOf(request);
    if (key) return this.services.authenticateKey(key.key, key.accountId);
    const bearer = bearerToken(request);
    return bearer === undefined ? undefined : this.authenticateText(bearer);
  }

  /** The caller of a key or a token. */
  async authenticateText(text: string): Promise<Principal> {
    if (text.startsWith(SERVICE_KEY_PREFIX)) return this.services.authenticateKey(text);
    const credential = this.authenticator.read(text);
    if (credential.provider) return this.authenticator.authenticate(credential);
    const claims = this.tokens.verifySignature(credential.token);
    return isServiceTokenUse(claims)
      ? this.services.authenticateClaims(claims)
      : this.authenticator.authenticateClaims(claims);
  }
}

/** Refuses with `insufficient-scope` whoever is no service with this scope: users, administrators too, have none. */
export function requireScope(caller: Principal, scope: Scope): ServicePrincipal {
  if (caller.kind === 'service' && permissionsOf(caller).includes(scope)) return caller;
  throw new AppError('insufficient-scope', { scope, reason: `lacks ${scope}` });
}
