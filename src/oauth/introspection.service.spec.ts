import { aService, aUser } from '../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { RememberedTokens } from '../auth/remembered-tokens';
import type { TokenAuthenticator } from '../auth/token-authenticator';
import { AppError } from '../common/errors/app-error';
import type { JsonObject } from '../common/json-object';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { TokenConfig } from '../config/token.config';
import type { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import type { RefreshExchangeService } from '../sessions/refresh-exchange.service';
import type { AccessTokens } from '../tokens/access-tokens';
import { IntrospectionService } from './introspection.service';

const NOW = 1_800_000_000;
const at = (seconds: number) => new Date(seconds * 1000 + 999);
const [KEY, REFRESH] = ['psk_a-key', 'psr_a-token'];
const CLAIMS = {
  iss: 'promptstack-auth',
  sub: 'ada@example.com',
  uid: 'ada',
  sid: 'her-session',
  iat: NOW - 60,
  exp: NOW + 60,
  jti: 'j',
  client_id: 'promptstack',
};

interface Given {
  authenticator?: Plan<TokenAuthenticator>;
  services?: Plan<ServiceAuthenticator>;
  tokens?: Plan<AccessTokens>;
  refreshTokens?: Plan<RefreshExchangeService>;
  remembered?: Plan<RememberedTokens>;
  clientId?: string | undefined;
}

function introspect(text: string, { clientId = 'promptstack', ...given }: Given) {
  const journal = new Journal();
  const service = new IntrospectionService(
    { issuer: 'promptstack-auth', clientId: clientId === '' ? undefined : clientId } as TokenConfig,
    journal.fake<AccessTokens>('tokens', {
      times: () => ({ now: NOW, lifetimeSeconds: 1_800 }),
      ...given.tokens,
    }),
    journal.fake<TokenAuthenticator>('authenticator', given.authenticator),
    journal.fake<RememberedTokens>('remembered', given.remembered),
    journal.fake<ServiceAuthenticator>('services', given.services),
    journal.fake<RefreshExchangeService>('refreshTokens', given.refreshTokens),
  );
  return { journal, service, answer: service.introspect(text) };
}

/** What is read of a JWT before anything is verified. */
const jwt = (payload: JsonObject, provider?: OidcIssuer) => () => ({ token: { payload }, provider });

describe('IntrospectionService', () => {
  describe('keys', () => {
    const stored = { accountId: 'a', scopes: ['users:read', 'audit:read'], createdAt: at(NOW - 9) } as const;

    it('tells account, scopes and end of a key', async () => {
      const services = { findKey: answers({ ...stored, expiresAt: at(NOW + 9) }) };
      expect(await introspect(KEY, { services }).answer).toEqual({
        active: true,
        sub: 'a',
        client_id: 'a',
        scope: 'users:read audit:read',
        iss: 'promptstack-auth',
        iat: NOW - 9,
        exp: NOW + 9,
      });
    });

    it('lets a consumer ask again in an hour about a key that does not expire', async () => {
      const services = { findKey: answers({ ...stored, scopes: [], expiresAt: null }) };
      const answer = await introspect(KEY, { services }).answer;
      expect(answer).toMatchObject({ exp: NOW + 3600 });
      expect(answer).not.toHaveProperty('scope'); // a text or absent, never empty
    });

    it('counts as no use of the key, and as nothing else: it only looks', async () => {
      const { journal, answer } = introspect(KEY, { services: { findKey: answers(undefined) } });
      expect(await answer).toEqual({ active: false });
      expect(journal.acts).toEqual(['services.findKey']);
    });
  });

  describe('refresh tokens', () => {
    const session = {
      sessionId: 's',
      userId: 'ada',
      email: 'ada@example.com',
      createdAt: at(NOW - 9),
      idleExpiresAt: at(NOW + 9),
    };
    const refreshTokens = { findCurrent: answers(session) };

    it('tells user, session and idle end of the newest one of a session', async () => {
      expect(await introspect(REFRESH, { refreshTokens }).answer).toEqual({
        active: true,
        sub: 'ada@example.com',
        uid: 'ada',
        sid: 's',
        username: 'ada@example.com',
        client_id: 'promptstack',
        iss: 'promptstack-auth',
        iat: NOW - 9,
        exp: NOW + 9,
      });
    });

    it('names no client where none is configured', async () => {
      expect(await introspect(REFRESH, { refreshTokens, clientId: '' }).answer).not.toHaveProperty(
        'client_id',
      );
    });

    it('tells nothing of a consumed one, and ends no session by the look at it', async () => {
      const { journal, answer } = introspect(REFRESH, { refreshTokens: { findCurrent: answers(undefined) } });
      expect(await answer).toEqual({ active: false });
      expect(journal.acts).toEqual(['refreshTokens.findCurrent']);
    });
  });

  describe('JWTs', () => {
    /** A token of ours whose user is read. */
    const ours = (payload: JsonObject = CLAIMS): Given => ({
      authenticator: { read: jwt(payload) },
      tokens: { verifySignature: () => CLAIMS },
      remembered: { read: answers({}) },
    });
    const TOLD = { ...CLAIMS, active: true, token_type: 'Bearer', username: 'ada@example.com' };

    it('tells an access token of ours with its user and session', async () => {
      expect(await introspect('a.b.c', ours()).answer).toEqual(TOLD);
    });

    it('R16 tells nothing of one whose user or session is refused', async () => {
      const given = { ...ours(), remembered: { read: refuses('invalid-token') } };
      expect(await introspect('a.b.c', given).answer).toEqual({ active: false });
    });

    it('R1 takes claims from what was verified, not from what was read', async () => {
      const { answer } = introspect('a.b.c', ours({ ...CLAIMS, sub: 'forged', jti: 'forged' }));
      expect(JSON.stringify(await answer)).not.toContain('forged');
    });

    it('tells the same of a token in memory at once, and nothing of another', () => {
      const text = `h.${Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')}.s`;
      const recall = (found: object | undefined) =>
        introspect('psr_', {
          refreshTokens: { findCurrent: answers(undefined) },
          remembered: { find: () => found },
        }).service.recall(text);
      expect(JSON.parse(recall({ userId: 'ada' }) ?? '')).toEqual(TOLD);
      expect(recall(undefined)).toBeUndefined();
    });

    it('tells the scopes that a service token still has, not those that it was issued with', async () => {
      const claims = {
        ...CLAIMS,
        sub: 'a',
        client_id: 'a',
        token_use: 'service',
        scope: 'users:read audit:read',
      };
      const { answer } = introspect('a.b.c', {
        authenticator: { read: jwt(claims) },
        tokens: { verifySignature: () => claims },
        services: { authenticateClaims: answers(aService('audit:read')) },
      });
      const told = await answer;
      expect(told).toMatchObject({ active: true, sub: 'a', client_id: 'a', scope: 'audit:read' });
      expect(told).not.toHaveProperty('username');
      expect(told).not.toHaveProperty('uid');
    });

    it('tells no scope of a service token that has lost the last one', async () => {
      const claims = { ...CLAIMS, token_use: 'service', scope: 'users:read' };
      const { answer } = introspect('a.b.c', {
        authenticator: { read: jwt(claims) },
        tokens: { verifySignature: () => claims },
        services: { authenticateClaims: answers(aService()) },
      });
      expect(await answer).not.toHaveProperty('scope');
    });

    it.each([
      ['client_id', { client_id: 'their-app' }, 'their-app'],
      ['azp, where there is no client_id', { client_id: undefined, azp: 'their-app' }, 'their-app'],
      ['nothing, where none is a text', { client_id: 7, azp: ['x'] }, undefined],
    ])('tells subject and issuer of a provider, our id, and %s', async (_what, claims, client) => {
      const provider = { issuer: 'https://idp.example' } as OidcIssuer;
      const payload: JsonObject = { ...CLAIMS, iss: provider.issuer, sub: '4711', aud: ['us'], ...claims };
      const { journal, answer } = introspect('a.b.c', {
        authenticator: {
          read: jwt(payload, provider),
          authenticate: answers(aUser({}, { method: 'oidc', sessionId: undefined })),
        },
      });
      const told = await answer;
      expect(told).toMatchObject({ sub: '4711', iss: provider.issuer, aud: ['us'], uid: 'ada' });
      expect('client_id' in told ? told.client_id : undefined).toBe(client);
      expect(told).not.toHaveProperty('sid');
      expect(journal.acts).toEqual(['authenticator.read', 'authenticator.authenticate']);
    });
  });

  it('answers a refusal without its reason (RFC 7662 section 2.2)', async () => {
    const read = () => {
      throw new AppError('invalid-token', { reason: 'expired' });
    };
    expect(await introspect('no token', { authenticator: { read } }).answer).toEqual({ active: false });
  });

  it('D8 throws an outage: it says nothing about the token', async () => {
    const { answer } = introspect(KEY, { services: { findKey: refuses('service-unavailable') } });
    expect((await refusalOf(answer)).code).toBe('service-unavailable');
  });
});
