import { Injectable } from '@nestjs/common';
import type { Principal } from '../common/security/principal';
import { IdentityContextReader } from '../identity/identity-context.reader';
import { refused, type AccessTokenClaims } from './tokens/access-tokens';

/** Finds the person behind verified claims, as the database knows them now. */
@Injectable()
export class Principals {
  constructor(private readonly identities: IdentityContextReader) {}

  /**
   * Refuses with `invalid-token` when the user is gone, not active, or has another address than the token says: an address
   * that somebody else registered later inherits no token.
   */
  async ofAccessToken({ uid, sub }: AccessTokenClaims): Promise<Principal> {
    const identity = await this.identities.findById(uid);
    if (!identity) throw refused('unknown user');
    if (!identity.isActive) throw refused('inactive user');
    if (identity.email !== sub) throw refused('subject');
    return { method: 'local-jwt', identity };
  }
}
