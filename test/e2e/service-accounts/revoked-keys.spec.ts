import { register, type Account } from '../../support/http/accounts';
import { anAdmin, type ApiUser } from '../../support/http/administration';
import { bearer, send } from '../../support/http/http';
import { aKey, aService, basic, postForm, type ServiceClient } from '../../support/http/services';
import { useDatabase } from '../../support/database/test-database';
import { useService } from '../../support/process/use-service';

/** `KEY_ROUNDS=1000 npx jest test/e2e/service-accounts/revoked-keys.spec.ts` for a long proof. */
const ROUNDS = Number(process.env.KEY_ROUNDS ?? 50);
type Target = { readonly url: string };

describe('R18 a key that is revoked on one replica', () => {
  const database = useDatabase();
  const env = { AUTH_VALIDATE_REQUIRES_CREDENTIAL: 'true' };
  const a = useService({ database, env });
  const b = useService({ database, env });
  let admin: ApiUser;
  let account: Account;
  let client: ServiceClient;

  beforeAll(async () => {
    admin = await anAdmin(a, database);
    account = await register(a);
    client = await aService(admin, ['tokens:validate', 'users:read']);
  });

  /** What a replica answers at every door, with a key in each form. */
  const use = (target: Target, key: string): Promise<number[]> => {
    const { token } = account;
    const toGateway = { headers: { ...bearer(token), 'X-Auth-Service-Key': key } };
    return Promise.all(
      [
        send(target, 'POST', '/auth/validate', { headers: bearer(key), body: { token } }),
        send(target, 'POST', '/auth/validate/batch', {
          headers: basic(client.id, key),
          body: { tokens: [token] },
        }),
        send(target, 'GET', '/auth/verify', toGateway),
        postForm(target, '/oauth/introspect', { token }, bearer(key)),
        postForm(target, '/oauth/introspect', { token }, basic(client.id, key)),
        postForm(target, '/oauth/introspect', { token, client_id: client.id, client_secret: key }),
        send(target, 'GET', '/users?limit=1', { headers: bearer(key) }),
      ].map(async (answer) => (await answer).status),
    );
  };
  const TAKEN = [200, 200, 204, 200, 200, 200, 200];
  const REFUSED = TAKEN.map(() => 401);

  it(
    `is refused by the very next use on another one, at every door, in ${ROUNDS} rounds`,
    async () => {
      const wrong: unknown[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const { key, keyId } = await aKey(admin, client.id);
        const before = await use(b, key);
        if (round % 2 === 0) {
          await admin.must(204, 'DELETE', `/service-accounts/${client.id}/keys/${keyId}`);
        } else expect((await postForm(a, '/oauth/revoke', { token: key })).status).toBe(200);
        const after = await use(b, key);
        if (JSON.stringify([before, after]) !== JSON.stringify([TAKEN, REFUSED]))
          wrong.push({ round, before, after });
        if (round % 10 === 0) await database.query('DELETE FROM request_limits'); // the refusals above are failures of a client
      }
      expect(wrong).toEqual([]);
    },
    60_000 + ROUNDS * 2000,
  );

  it.each<[string, (other: ServiceClient) => Promise<unknown>]>([
    [
      'a scope that is taken away',
      ({ id }) => admin.must(200, 'PATCH', `/service-accounts/${id}`, { scopes: [] }),
    ],
    ['the end of the account', ({ id }) => admin.must(204, 'DELETE', `/service-accounts/${id}`)],
    [
      'an expiry set by hand',
      async ({ keyId }) => {
        await database.query('UPDATE service_keys SET expires_at = now() WHERE id = $1', [keyId]);
        await admin.must(201, 'POST', '/teams', { name: `Team ${keyId}` }); // is answered when all is heard of
      },
    ],
  ])('ends what is remembered of it: %s', async (_what, end) => {
    const other = await aService(admin, ['tokens:validate']);
    const form = { grant_type: 'client_credentials' };
    const issued = (await postForm(a, '/oauth/token', form, basic(other.id, other.key))).body
      .access_token as string;
    const uses = async () => {
      const answers = [];
      for (const credential of [other.key, issued])
        answers.push(
          await send(b, 'POST', '/auth/validate', {
            headers: bearer(credential),
            body: { token: account.token },
          }),
        );
      return answers.map(({ status }) => status);
    };
    expect([await uses(), await uses()]).toEqual([
      [200, 200],
      [200, 200],
    ]);
    await end(other);
    for (const status of await uses()) expect([401, 403]).toContain(status);
  });

  it('ends with its owner, whoever deactivates them', async () => {
    const owner = await anAdmin(a, database);
    const { key } = await aService(owner, ['tokens:validate']);
    const use = async () => {
      const headers = bearer(key);
      return (await send(b, 'POST', '/auth/validate', { headers, body: { token: account.token } })).status;
    };
    expect([await use(), await use()]).toEqual([200, 200]);
    await admin.must(200, 'PATCH', `/users/${owner.id}`, { is_active: false });
    expect(await use()).toBe(401);
  });

  it('a key that was taken in a form is taken in no header of that text', async () => {
    const form = { token: account.token, client_id: client.id, client_secret: client.key };
    expect((await postForm(b, '/oauth/introspect', form)).status).toBe(200);
    const headers = { Authorization: `form ${client.id} ${client.key}` };
    const answers = [
      await postForm(b, '/oauth/introspect', { token: account.token }, headers),
      await send(b, 'POST', '/auth/validate', { headers, body: { token: account.token } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401]);
  });

  it('a service token that is revoked is refused by the very next use, and its key goes on', async () => {
    const form = { grant_type: 'client_credentials' };
    for (let round = 0; round < 5; round++) {
      const { body } = await postForm(a, '/oauth/token', form, basic(client.id, client.key));
      const token = body.access_token as string;
      const validate = async (credential: string) =>
        (
          await send(b, 'POST', '/auth/validate', {
            headers: bearer(credential),
            body: { token: account.token },
          })
        ).status;
      expect([await validate(token), await validate(token), await validate(client.key)]).toEqual([
        200, 200, 200,
      ]);
      expect((await postForm(a, '/oauth/revoke', { token })).status).toBe(200);
      expect([await validate(token), await validate(client.key)]).toEqual([401, 200]);
    }
  });
});
