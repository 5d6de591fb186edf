import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { withinDeadline } from '../common/deadline';
import { onBehalfOf } from '../common/request-scope';
import { IdentitySnapshots, type Fill } from '../identity/snapshots/identity-snapshots';
import type { TokenLimits } from '../identity/snapshots/snapshot';
import { toUserAnswer, type UserAnswer } from '../identity/snapshots/user-answer';
import { AccessTokens, type AccessTokenClaims } from '../tokens/access-tokens';
import { TokenAuthenticator } from './token-authenticator';

/** A reading that is not finished. */
interface Reading {
  readonly fill: Fill;
  readonly answer: Promise<UserAnswer>;
}

/**
 * Answers whose token it is: from memory, if exactly this token was found valid and nothing has changed since, else by
 * the authenticator. Several requests for one token at a time share a reading.
 */
@Injectable()
export class RememberedTokens {
  private readonly underWay = new Map<string, Reading>();

  constructor(
    private readonly authenticator: TokenAuthenticator,
    private readonly tokens: AccessTokens,
    private readonly snapshots: IdentitySnapshots,
    private readonly clock: Clock,
  ) {}

  /** Whether answers may come from memory at all. */
  get isOn(): boolean {
    return this.snapshots.isOn;
  }

  /** The user of a token that is known to be valid; undefined when it must be read. */
  find(text: string): UserAnswer | undefined {
    return this.snapshots.find(text, this.clock.now());
  }

  /** Verifies a token and reads its user; refuses as the authenticator does, throws on an outage. */
  async read(text: string): Promise<UserAnswer> {
    const credential = this.authenticator.read(text);
    if (credential.provider)
      return toUserAnswer((await this.authenticator.authenticate(credential)).identity, 'oidc');
    const known = this.underWay.get(text);
    // Not one that began before a change of the user or the session.
    if (known && !known.fill.isStale && this.snapshots.isCurrent) return withinDeadline(known.answer);
    const claims = this.tokens.checkClaims(this.tokens.verifySignature(credential.token));
    const fill = this.snapshots.begin(claims.uid, claims.sid);
    if (!fill) return toUserAnswer((await this.authenticator.findSession(claims)).identity, 'local-jwt');
    const answer = onBehalfOf(undefined, () => this.fill(fill, text, claims));
    this.underWay.set(text, { fill, answer });
    return withinDeadline(answer);
  }

  private async fill(fill: Fill, token: string, claims: AccessTokenClaims): Promise<UserAnswer> {
    try {
      const { identity, session } = await this.authenticator.findSession(claims);
      const answer = toUserAnswer(identity, 'local-jwt');
      this.snapshots.keep(fill, token, { ...limitsOf(claims), sessionEndsAt: session.endsAt }, answer);
      return answer;
    } finally {
      this.snapshots.drop(fill);
      if (this.underWay.get(token)?.fill === fill) this.underWay.delete(token);
    }
  }
}

/** What a session and a token limit by themselves. */
function limitsOf({
  uid,
  sid,
  validFrom,
  validUntil,
}: AccessTokenClaims): Omit<TokenLimits, 'sessionEndsAt'> {
  return { userId: uid, sessionId: sid, validFrom, validUntil };
}
