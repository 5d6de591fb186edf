import { decodeProtectedHeader } from 'jose';
import { register } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { forge, payloadOf } from '../../support/tokens/tokens';
import { newKey } from '../../support/tokens/keys';
import { useService } from '../../support/process/use-service';
import { startService } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';

/** Settings for verifiers that take our tokens only in another shape. */
describe('the shape of access tokens', () => {
  const database = useDatabase();

  describe('AUTH_JWT_TYPE', () => {
    const usual = useService({ database });
    const plain = useService({ database, env: { AUTH_JWT_TYPE: 'JWT' } });

    it('JWT is the type of new tokens, and those of type at+jwt stay valid', async () => {
      const [before, after] = await Promise.all([register(usual), register(plain)]);
      expect(decodeProtectedHeader(before.token).typ).toBe('at+jwt');
      expect(decodeProtectedHeader(after.token).typ).toBe('JWT');
      await expectAccepted(plain, after.token);
      await expectAccepted(plain, before.token);
    });

    it('R10 by default, tokens of type JWT are refused', async () => {
      const { token } = await register(plain);
      await expectRefused(usual, token);
    });

    it.each(['jwt', 'refresh+jwt', 'logout+jwt', 'application/at+jwt', undefined, 5])(
      'R10 with JWT, type %j is refused as ever',
      async (typ) => {
        const account = await register(plain);
        await expectRefused(plain, forge(account, { header: { typ } }));
      },
    );

    it('any other stops the start', async () => {
      await expect(
        startService({ databaseUrl: database.url, env: { AUTH_JWT_TYPE: 'jwt' } }),
      ).rejects.toThrow(/AUTH_JWT_TYPE must be one of at\+jwt, JWT/);
    });
  });

  describe('AUTH_JWT_EXTRA_CLAIMS', () => {
    const usual = useService({ database });
    const extra = {
      scope: 'rabbitmq.read:*/*',
      username: '$email',
      id: '$uid',
      display: '$name',
      role: '$role',
      nested: { list: [1, 'x'] },
    };
    const service = useService({
      database,
      env: { AUTH_JWT_EXTRA_CLAIMS: JSON.stringify(extra), AUTH_JWT_CLIENT_ID: '' },
    });

    it('are in tokens of every way in, with the values of the user, and change nothing of the rest', async () => {
      const account = await register(service);
      const claims = {
        ...extra,
        username: account.email,
        id: account.id,
        display: expect.any(String) as unknown,
        role: 'user',
      };
      const first = payloadOf(account.token);
      expect(first).toMatchObject(claims);
      expect(first).toMatchObject({ sub: account.email, uid: account.id, sid: account.sid });
      expect(first).not.toHaveProperty('client_id');
      const body = { refresh_token: account.refreshToken };
      const refreshed = await send<{ access_token: string }>(service, 'POST', '/auth/refresh', { body });
      expect(payloadOf(refreshed.body.access_token)).toMatchObject(claims);
      await expectAccepted(service, account.token);
      await expectAccepted(usual, account.token);
      await expectAccepted(service, (await register(usual)).token);
    });

    it('are told in the metadata', async () => {
      const { body } = await send(service, 'GET', '/.well-known/openid-configuration');
      expect((body.claims_supported as string[]).toSorted()).toEqual(
        Object.keys(payloadOf((await register(service)).token)).toSorted(),
      );
    });
  });

  describe('GET /.well-known/jwks.json?alg=&kid=', () => {
    const [rsa, ec, olderRsa] = [newKey('RS256'), newKey('ES256'), newKey('RS256')];
    const service = useService({
      database,
      env: {
        ...rsa.signing,
        AUTH_JWT_PREVIOUS_PUBLIC_KEYS: [ec, olderRsa]
          .map(({ accepting }) => accepting.AUTH_JWT_PREVIOUS_PUBLIC_KEYS)
          .join('\n'),
      },
    });
    const keys = async (query: string) => {
      const { status, body, headers } = await send(service, 'GET', `/.well-known/jwks.json${query}`);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
      return body.keys as { alg: string; kid: string }[];
    };

    it('answers one key: of an algorithm the signing one, else the first of the others', async () => {
      const all = await keys('');
      expect(all.map(({ alg }) => alg)).toEqual(['RS256', 'ES256', 'RS256']);
      expect(await keys('?alg=RS256')).toEqual([all[0]]);
      expect(await keys('?alg=ES256')).toEqual([all[1]]);
      for (const key of all) {
        expect(await keys(`?kid=${key.kid}`)).toEqual([key]);
        expect(await keys(`?kid=${key.kid}&alg=${key.alg}`)).toEqual([key]);
      }
    });

    it('answers an empty set where nothing fits', async () => {
      const [first] = await keys('');
      const kid = first?.kid;
      for (const query of [
        '?alg=HS256',
        '?alg=rs256',
        '?alg=',
        '?kid=unknown',
        '?kid=',
        `?kid=${kid}&alg=ES256`,
      ]) {
        expect([query, await keys(query)]).toEqual([query, []]);
      }
      expect(await keys('?alg=RS256&alg=ES256')).toEqual([]);
      expect(await keys('?other=x')).toHaveLength(3);
    });
  });
});
