import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import { ChangeFeed } from '../changes/change-feed';
import { Clock } from '../common/clock';
import { DatabaseConfig } from '../config/database.config';
import type { Principal, ServicePrincipal } from '../security/principal';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';

/** More than there are callers; one takes about 500 bytes. */
const MAX_ENTRIES = 10_000;

/**
 * Services by the very text of a credential that was found good, so that a caller who asks about many tokens is not read from the
 * database for each. Believed only while the feed of changes is current; a change of any service account, key or service token, by
 * whomever, forgets all of them. No refusal is remembered, and of a credential only its hash.
 */
@Injectable()
export class RememberedCallers {
  private readonly known = new LRUCache<string, ServicePrincipal>({ max: MAX_ENTRIES });
  private readonly isOn: boolean;
  private generation = 0;

  constructor(
    { identityCacheMb }: DatabaseConfig,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    private readonly services: ServiceAuthenticator,
  ) {
    this.isOn = identityCacheMb > 0;
    if (!this.isOn) return;
    changes.subscribe(({ kind }) => {
      if (kind === 'services-changed' || kind === 'all-changed' || kind === 'reset') this.forget();
    });
  }

  /** The service of a credential, in the form in which it came; undefined when the database must be asked. Counts as a use of its key. */
  find(credential: string): ServicePrincipal | undefined {
    if (!this.isCurrent) return undefined;
    const service = this.known.get(nameOf(credential));
    if (service === undefined || !this.isActive(service)) return undefined;
    this.services.noteUse(service);
    return service;
  }

  /** The caller that `read` answers, from memory if it is there; remembers it if it is a service. */
  async remember<Caller extends Principal>(
    credential: string,
    read: () => Promise<Caller>,
  ): Promise<Caller | ServicePrincipal> {
    const known = this.find(credential);
    if (known) return known;
    const { generation } = this;
    const mayKeep = this.isCurrent;
    const caller = await read();
    // Not what was read before a change.
    if (caller.kind === 'service' && mayKeep && this.generation === generation && this.isCurrent)
      this.known.set(nameOf(credential), caller);
    return caller;
  }

  private get isCurrent(): boolean {
    return this.isOn && this.changes.isCurrent;
  }

  /** The end of a key by the database's clock, which decides on it; that of a token by ours. */
  private isActive({ token, keyExpiresAt }: ServicePrincipal): boolean {
    if (keyExpiresAt && keyExpiresAt.getTime() <= this.changes.databaseTime) return false;
    return !token || this.clock.now() < token.expiresAt.getTime();
  }

  private forget(): void {
    this.generation++;
    this.known.clear();
  }
}

/** No secret stays in memory, and looking one up takes the same time for all texts of a length. */
function nameOf(credential: string): string {
  return hash('sha256', credential, 'base64');
}
