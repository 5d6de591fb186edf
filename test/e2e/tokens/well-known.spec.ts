import {
  calculateJwkThumbprint,
  createRemoteJWKSet,
  decodeProtectedHeader,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose';
import { register } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { newKey } from '../../support/tokens/keys';
import type { Service } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';
import { payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1: the members that are secret. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const ES256 = newKey('ES256');
const RS256 = newKey('RS256');

describe('/.well-known', () => {
  const database = useDatabase();

  const keysOf = async (service: Service) =>
    (await send<JSONWebKeySet>(service, 'GET', '/.well-known/jwks.json')).body.keys;

  /** Verifies a token as another service would: by the address of the key set and nothing else of ours. */
  const verifyRemotely = (service: Service, token: string, algorithm: string, audience?: string) =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`)), {
      issuer: 'promptstack-auth',
      typ: 'at+jwt',
      algorithms: [algorithm],
      ...(audience !== undefined && { audience }),
    });

  describe('with HS256', () => {
    const service = useService({ database });

    it('publishes no key: the secret stays ours', async () => {
      const answer = await send(service, 'GET', '/.well-known/jwks.json');
      expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: { keys: [] } });
    });

    it.each(['jwks.json', 'openid-configuration'])('lets anybody keep %s for a while', async (name) => {
      const answer = await send(service, 'GET', `/.well-known/${name}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
      expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(answer.headers.get('set-cookie')).toBeNull();
    });

    it('describes itself truly in openid-configuration', async () => {
      const { body } = await send(service, 'GET', '/.well-known/openid-configuration');
      // The endpoints for services are held in test/e2e/oauth.
      expect(body).toMatchObject({
        issuer: 'promptstack-auth',
        jwks_uri: expect.stringMatching(/^http:\/\/localhost:\d+\/\.well-known\/jwks\.json$/),
        response_types_supported: [],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['HS256'],
        claims_supported: expect.any(Array),
      });
      const { token } = await register(service);
      expect((body.claims_supported as string[]).toSorted()).toEqual(
        Object.keys(payloadOf(token)).toSorted(),
      );
    });
  });

  describe.each([
    { algorithm: 'ES256', key: ES256, other: RS256, kty: 'EC', members: ['crv', 'x', 'y'] },
    { algorithm: 'RS256', key: RS256, other: ES256, kty: 'RSA', members: ['n', 'e'] },
  ])('with $algorithm', ({ algorithm, key, other, kty, members }) => {
    const service = useService({ database, env: { ...key.signing, ...other.accepting } });

    it('publishes the key of today first, then those before it, each for its one algorithm (R2, R13)', async () => {
      const keys = await keysOf(service);
      expect(keys.map(({ alg }) => alg)).toEqual([algorithm, algorithm === 'ES256' ? 'RS256' : 'ES256']);
      expect(keys[0]).toMatchObject({ kty, use: 'sig', alg: algorithm });
      expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(
        ['alg', 'kid', 'kty', 'use', ...members].toSorted(),
      );
    });

    it('publishes no private member of any key', async () => {
      const keys = await keysOf(service);
      expect(keys).toHaveLength(2);
      expect(keys.flatMap(Object.keys).filter((member) => PRIVATE_MEMBERS.includes(member))).toEqual([]);
    });

    it('names each key by its RFC 7638 thumbprint, and tokens by the key that signed them', async () => {
      const keys = await keysOf(service);
      expect(keys.map(({ kid }) => kid)).toEqual(
        await Promise.all(keys.map((jwk) => calculateJwkThumbprint(jwk))),
      );
      const { token } = await register(service);
      expect(decodeProtectedHeader(token)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: keys[0]?.kid });
    });

    it('lets a consumer with nothing but the key set verify a token, and refuse an altered one', async () => {
      const account = await register(service);
      const { payload } = await verifyRemotely(service, account.token, algorithm);
      expect(payload).toMatchObject({ sub: account.email, uid: account.id, sid: account.sid });
      const [header = '', , signature = ''] = account.token.split('.');
      const altered = `${header}.${Buffer.from(JSON.stringify({ ...payload, uid: 'x' })).toString('base64url')}.${signature}`;
      await expect(verifyRemotely(service, altered, algorithm)).rejects.toThrow(
        'signature verification failed',
      );
    });

    it('says in openid-configuration which algorithms its keys have', async () => {
      const { body } = await send(service, 'GET', '/.well-known/openid-configuration');
      expect(body.id_token_signing_alg_values_supported).toEqual(
        (await keysOf(service)).map(({ alg }) => alg),
      );
    });
  });

  describe('client_id of the tokens (RFC 9068 section 2.2)', () => {
    const named = useService({ database, env: { AUTH_JWT_CLIENT_ID: 'web-app' } });
    const without = useService({ database, env: { AUTH_JWT_CLIENT_ID: '' } });
    const byDefault = useService({ database });

    it('is the one of the setting, promptstack by default, and none where the setting is empty', async () => {
      const claims = await Promise.all(
        [named, byDefault, without].map(async (one) => payloadOf((await register(one)).token)),
      );
      expect(claims.map(({ client_id }) => client_id)).toEqual(['web-app', 'promptstack', undefined]);
      expect(Object.keys(claims[2] ?? {})).not.toContain('client_id');
    });

    it('may differ between replicas: a token is accepted whatever text it is', async () => {
      const { token } = await register(named);
      expect((await send(without, 'POST', '/auth/validate', { body: { token } })).body.valid).toBe(true);
    });
  });

  describe('with an audience, another issuer, and a public address', () => {
    const service = useService({
      database,
      env: {
        ...ES256.signing,
        AUTH_JWT_AUDIENCE: 'promptstack',
        AUTH_JWT_ISSUER: 'https://auth.example.com/issuer',
        AUTH_PUBLIC_URL: 'https://auth.example.com/',
      },
    });

    it('says them in openid-configuration as they stand in the tokens', async () => {
      const { body } = await send(service, 'GET', '/.well-known/openid-configuration');
      expect(body).toMatchObject({
        issuer: 'https://auth.example.com/issuer',
        jwks_uri: 'https://auth.example.com/.well-known/jwks.json',
      });
      const claims = payloadOf((await register(service)).token);
      expect(claims).toMatchObject({ iss: body.issuer, aud: 'promptstack' });
      expect((body.claims_supported as string[]).toSorted()).toEqual(Object.keys(claims).toSorted());
    });

    it('says the same at the address of RFC 8414', async () => {
      const paths = ['openid-configuration', 'oauth-authorization-server'];
      const [oidc, oauth] = await Promise.all(
        paths.map((name) => send(service, 'GET', `/.well-known/${name}`)),
      );
      expect(oauth?.status).toBe(200);
      expect(oauth?.body).toEqual(oidc?.body);
      expect(oauth?.headers.get('cache-control')).toBe('public, max-age=300');
    });

    it('lets a consumer insist on issuer and audience', async () => {
      const { token } = await register(service);
      const keySet = createRemoteJWKSet(new URL(`${service.url}/.well-known/jwks.json`));
      const issuer = 'https://auth.example.com/issuer';
      const { payload } = await jwtVerify(token, keySet, { issuer, audience: 'promptstack' });
      expect(payload.aud).toBe('promptstack');
      await expect(jwtVerify(token, keySet, { issuer, audience: 'another' })).rejects.toThrow('"aud"');
    });
  });
});
