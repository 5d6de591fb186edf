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
import { RememberedCallers } from './remembered-callers';
import { serviceKeyOf } from './service-key-credential';
import { TokenAuthenticator } from './token-authenticator';

/** Services as callers of routes that the guard leaves open. */
@Injectable()
export class ServiceCallers {
  constructor(
    private readonly services: ServiceAuthenticator,
    private readonly authenticator: TokenAuthenticator,
    private readonly tokens: AccessTokens,
    private readonly remembered: RememberedCallers,
  ) {}

  /** Whoever the Authorization header names; undefined when it names nobody. Refuses with `invalid-token`. */
  async authenticate(request: Request): Promise<Principal | undefined> {
    const { authorization = '' } = request.headers;
    const key = serviceKeyOf(request); // first: it refuses an ambiguous header
    if (key)
      return this.remembered.remember(authorization, () =>
        this.services.authenticateKey(key.key, key.accountId),
      );
    const bearer = bearerToken(request);
    return bearer === undefined ? undefined : this.authenticateText(bearer);
  }

  /** The caller of a key or a token. */
  authenticateText(text: string): Promise<Principal> {
    return this.remembered.remember(`Bearer ${text}`, async () =>
      this.isServiceCredential(text)
        ? this.authenticateService(text)
        : this.authenticator.authenticate(this.authenticator.read(text)),
    );
  }

  /** The service that an Authorization header names, if it is known to be good and has the scope; undefined when it must be read. */
  recall(authorization: string | undefined, scope: Scope): ServicePrincipal | undefined {
    const service = authorization === undefined ? undefined : this.remembered.find(authorization);
    return service && permissionsOf(service).includes(scope) ? service : undefined;
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
