import { Injectable } from '@nestjs/common';
import { RememberedTokens } from '../auth/remembered-tokens';
import { TokenAuthenticator, type BearerCredential } from '../auth/token-authenticator';
import type { JsonObject } from '../common/json-object';
import { TokenConfig } from '../config/token.config';
import type { UserAnswer } from '../identity/snapshots/user-answer';
import type { ServicePrincipal } from '../security/principal';
import { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import { SERVICE_KEY_PREFIX } from '../service-accounts/service-key';
import { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import { REFRESH_TOKEN_PREFIX } from '../sessions/refresh-tokens';
import { AccessTokens, tokenRefusal } from '../tokens/access-tokens';
import { isServiceTokenUse } from '../tokens/service-tokens';
import type { ActiveToken, Introspection } from './dto/introspection-response.dto';

/** What is told of a key without an expiry: a consumer that keeps the answer until `exp` asks again after this time. */
const KEY_SECONDS = 3600;
const INACTIVE: Introspection = { active: false };

/** Tells whether tokens of any kind are active, and of whom (RFC 7662). */
@Injectable()
export class IntrospectionService {
  /** Answers about tokens, by what is remembered of each: they go with it. */
  private readonly texts = new WeakMap<UserAnswer, string>();

  constructor(
    private readonly config: TokenConfig,
    private readonly tokens: AccessTokens,
    private readonly authenticator: TokenAuthenticator,
    private readonly remembered: RememberedTokens,
    private readonly services: ServiceAuthenticator,
    private readonly refreshTokens: RefreshExchangeService,
  ) {}

  /** The answer about a user's token that is in memory, as JSON and at once; undefined when `introspect` must read it. */
  recall(text: string): string | undefined {
    const user = this.remembered.find(text);
    if (user === undefined) return undefined;
    const known = this.texts.get(user);
    if (known !== undefined) return known;
    const json = JSON.stringify(ofUser(payloadOf(text)));
    this.texts.set(user, json);
    return json;
  }

  /** `active: false` for whatever is no active token, without a reason (section 2.2); throws on an outage. Changes nothing. */
  async introspect(text: string): Promise<Introspection> {
    try {
      if (text.startsWith(SERVICE_KEY_PREFIX)) return await this.ofKey(text);
      if (text.startsWith(REFRESH_TOKEN_PREFIX)) return await this.ofRefreshToken(text);
      return await this.ofJwt(this.authenticator.read(text));
    } catch (error) {
      if (!tokenRefusal(error)) throw error;
      return INACTIVE;
    }
  }

  private async ofKey(text: string): Promise<Introspection> {
    const key = await this.services.findKey(text);
    if (!key) return INACTIVE;
    const { accountId, scopes, createdAt, expiresAt } = key;
    return {
      active: true,
      sub: accountId,
      client_id: accountId,
      ...scopeOf(scopes),
      iss: this.config.issuer,
      iat: seconds(createdAt),
      exp: expiresAt ? seconds(expiresAt) : this.tokens.times().now + KEY_SECONDS,
    };
  }

  private async ofRefreshToken(text: string): Promise<Introspection> {
    const session = await this.refreshTokens.findCurrent(text);
    if (!session) return INACTIVE;
    const { clientId, issuer } = this.config;
    return {
      active: true,
      sub: session.email,
      uid: session.userId,
      sid: session.sessionId,
      username: session.email,
      ...(clientId !== undefined && { client_id: clientId }),
      iss: issuer,
      iat: seconds(session.createdAt),
      exp: seconds(session.idleExpiresAt),
    };
  }

  private async ofJwt(credential: BearerCredential): Promise<Introspection> {
    const { token, provider } = credential;
    if (provider) {
      const { identity } = await this.authenticator.authenticate(credential);
      return { ...claimsOf(token.payload), uid: identity.id, username: identity.email };
    }
    const claims = this.tokens.verifySignature(token);
    if (isServiceTokenUse(claims)) return ofService(claims, await this.services.authenticateClaims(claims));
    await this.remembered.read(token.raw);
    return ofUser(claims);
  }
}

/** The claims of a token whose very text has been verified. */
function payloadOf(text: string): JsonObject {
  const payload = text.slice(text.indexOf('.') + 1, text.lastIndexOf('.'));
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as JsonObject;
}

/** Of a token of ours that is valid: its claims are those of its user. */
function ofUser(claims: JsonObject): ActiveToken {
  const { uid, sid, sub } = claims as { readonly uid: string; readonly sid: string; readonly sub: string };
  return { ...claimsOf(claims), uid, sid, username: sub };
}

function ofService(claims: JsonObject, { scopes }: ServicePrincipal): ActiveToken {
  const { scope: _asIssued, ...active } = claimsOf(claims);
  return { ...active, ...scopeOf(scopes) };
}

/** The members that a verified token tells itself. */
function claimsOf(claims: JsonObject): ActiveToken {
  const { iss, sub, aud, iat, exp, jti, client_id: clientId, azp, scope } = claims;
  const client = [clientId, azp].find((each) => typeof each === 'string');
  return {
    active: true,
    token_type: 'Bearer',
    iss: iss as string,
    sub: sub as string,
    iat: iat as number,
    exp: exp as number,
    ...(aud !== undefined && { aud: aud as string | string[] }),
    ...(typeof jti === 'string' && { jti }),
    ...(client !== undefined && { client_id: client }),
    ...(typeof scope === 'string' && { scope }),
  };
}

function scopeOf(scopes: readonly string[]): { scope?: string } {
  return scopes.length > 0 ? { scope: scopes.join(' ') } : {};
}

function seconds(moment: Date): number {
  return Math.floor(moment.getTime() / 1000);
}
