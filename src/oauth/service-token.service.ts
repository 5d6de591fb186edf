import { Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit';
import { AppError } from '../common/errors/app-error';
import { isScope, permissionsOfScopes, type Scope } from '../security/permissions';
import type { AuthenticatedKey } from '../service-accounts/service-authenticator';
import { SERVICE_TOKEN_ISSUED } from '../service-accounts/service-events';
import type { IssuedToken } from '../tokens/access-tokens';
import { ServiceTokens } from '../tokens/service-tokens';

/** A token and what it is good for. */
export interface ServiceGrantResult extends IssuedToken {
  readonly scopes: readonly Scope[];
}

/** Issues tokens to services (RFC 6749 section 4.4). */
@Injectable()
export class ServiceTokenService {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly audit: Audit,
  ) {}

  /** Refuses with `invalid-scope` a scope that the account lacks; without any asked for, the token has all of the account. */
  async issue({ credential }: AuthenticatedKey, requested: string | undefined): Promise<ServiceGrantResult> {
    const { accountId, keyId, expiresAt } = credential;
    const scopes = requested === undefined ? credential.scopes : narrowed(credential.scopes, requested);
    const issued = this.tokens.issue({ accountId, keyId, scopes, keyExpiresAt: expiresAt });
    await this.audit.record(SERVICE_TOKEN_ISSUED, { service_id: accountId, key_id: keyId });
    return { ...issued, scopes };
  }
}

function narrowed(held: readonly Scope[], requested: string): Scope[] {
  const names = [...new Set(requested.split(' ').filter((name) => name !== ''))];
  const scopes = names.filter(isScope).filter((scope) => permissionsOfScopes(held).includes(scope));
  if (scopes.length < names.length) throw new AppError('invalid-scope');
  return scopes;
}
