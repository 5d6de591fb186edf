import { Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Clock } from '../common/clock';
import type { JsonObject } from '../common/json-object';
import { isScope, permissionsOfScopes, type Scope } from '../security/permissions';
import { servicePrincipal, type ServicePrincipal, type ServiceToken } from '../security/principal';
import { refused } from '../tokens/access-tokens';
import { ServiceTokens } from '../tokens/service-tokens';
import { KeyUseRecorder } from './key-use-recorder';
import { ServiceCredentialsReader, type ServiceCredential } from './service-credentials.reader';
import { parseServiceKey } from './service-key';

/** A service that came with a key. */
export interface AuthenticatedKey {
  readonly principal: ServicePrincipal;
  readonly credential: ServiceCredential;
}

/**
 * Decides on the credentials of services, their keys and tokens. Every refusal is `invalid-token`, alike for unknown, expired and
 * revoked ones; the reason goes to the log.
 */
@Injectable()
export class ServiceAuthenticator {
  constructor(
    private readonly credentials: ServiceCredentialsReader,
    private readonly tokens: ServiceTokens,
    private readonly uses: KeyUseRecorder,
    private readonly clock: Clock,
  ) {}

  /** The service of a key. A malformed one is refused without a look-up. */
  async authenticateKey(text: string, accountId?: string): Promise<ServicePrincipal> {
    return (await this.verifyKey(text, accountId)).principal;
  }

  /** The same, with what is stored of the key. `accountId` is the `client_id`, where the caller sent one. */
  async verifyKey(text: string, accountId?: string): Promise<AuthenticatedKey> {
    const credential = await this.findKey(text);
    if (!credential) throw refused('service key');
    if (accountId !== undefined && accountId.toLowerCase() !== credential.accountId) {
      throw refused('key of another account');
    }
    return { credential, principal: this.used(credential, credential.scopes) };
  }

  /** What is stored of a key, without counting as a use of it; undefined when it is not good. */
  async findKey(text: string): Promise<ServiceCredential | undefined> {
    const key = parseServiceKey(text);
    const credential = key && (await this.credentials.find(key.id));
    return credential && timingSafeEqual(credential.secretHash, key.hash) ? credential : undefined;
  }

  /** The service of one of our service tokens whose signature is valid: it ends with the key that it was issued for. */
  async authenticateClaims(claims: JsonObject): Promise<ServicePrincipal> {
    const { accountId, keyId, tokenId, scopes, expiresAt } = this.tokens.checkClaims(claims);
    const credential = await this.credentials.find(keyId, tokenId);
    if (credential?.accountId !== accountId) throw refused('service key');
    const granted = narrowed(credential.scopes, scopes);
    return this.used(credential, granted, { id: tokenId, expiresAt });
  }

  /** The scopes that the credential of a service still has; none once it has ended. */
  async presentScopes({ id, keyId, token, scopes }: ServicePrincipal): Promise<readonly Scope[]> {
    if (token && token.expiresAt.getTime() <= this.clock.now()) return [];
    const credential = await this.credentials.find(keyId, token?.id);
    return credential?.accountId === id ? narrowed(credential.scopes, scopes) : [];
  }

  /** Whether there is a service account with this id. */
  isAccount(id: string): Promise<boolean> {
    return this.credentials.isAccount(id);
  }

  /** Records the use of a key whose service was not read for it. */
  noteUse({ keyId }: ServicePrincipal): void {
    this.uses.note(keyId);
  }

  private used(
    { keyId, accountId, accountName, expiresAt }: ServiceCredential,
    scopes: ServiceCredential['scopes'],
    token?: ServiceToken,
  ): ServicePrincipal {
    this.uses.note(keyId);
    return servicePrincipal({
      ...{ id: accountId, name: accountName, scopes, keyId },
      ...(expiresAt && { keyExpiresAt: expiresAt }),
      ...(token && { token }),
    });
  }
}

/** Those of a token's scopes that its account still grants. */
function narrowed(held: readonly Scope[], scopes: readonly string[]): Scope[] {
  const granted = permissionsOfScopes(held);
  return scopes.filter(isScope).filter((scope) => granted.includes(scope));
}
