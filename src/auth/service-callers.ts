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
    return this.isServiceCredential(text)
      ? this.authenticateService(text)
      : this.authenticator.authenticate(this.authenticator.read(text));
  }

  /** Whether a text is a key or a token of a service, as far as it says so itself. Refuses what is neither a key nor a token. */
  isServiceCredential(text: string): boolean {
    if (text.startsWith(SERVICE_KEY_PREFIX)) return true;
    const { token, provider } = this.authenticator.read(text);
    return !provider && isServiceTokenUse(token.payload);
  }

  /** The service of a key or of one of our service tokens; refuses everything else with `invalid-token`. */
  async authenticateService(text: string): Promise<ServicePrincipal> {
    if (text.startsWith(SERVICE_KEY_PREFIX)) return this.services.authenticateKey(text);
    return this.services.authenticateClaims(this.tokens.verifySignature(this.authenticator.read(text).token));
  }
}

/** Refuses with `insufficient-scope` whoever is no service with this scope: users, administrators too, have none. */
export function requireScope(caller: Principal, scope: Scope): ServicePrincipal {
  if (caller.kind === 'service' && permissionsOf(caller).includes(scope)) return caller;
  throw new AppError('insufficient-scope', { scope, reason: `lacks ${scope}` });
}
