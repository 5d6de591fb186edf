import { createFirstReleaseDatabase } from '../../support/database/first-release';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send } from '../../support/http/http';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { spawnService, startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const OKTA = 'https://example.okta.com/oauth2/default';
const ORDINARY = 'https://ordinary.example';

/** `subject_claim`: Okta's access tokens name the sign-in name in `sub`, which goes to somebody else one day, and the id in `uid`. */
describe('the claim that names the people of an issuer', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    [database, stub] = await Promise.all([createTestDatabase(), ProviderStub.start()]);
    service = await startWith({ subject_claim: 'uid' }, database);
  });

  afterAll(async () => {
    await service.stop();
    await stub.stop();
    await database.drop();
  });

  const environment = (rules: Record<string, unknown>) => ({
    AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(
      [{ issuer: OKTA, ...rules }, { issuer: ORDINARY }].map((entry) => ({
        audience: ['api://default', 'client'],
        jwks_url: stub.jwksUrl,
        ...entry,
      })),
    ),
  });
  const startWith = (rules: Record<string, unknown>, on: TestDatabase) =>
    startService({ databaseUrl: on.url, env: environment(rules) });

  const newUser = () => {
    const { sub, ...rest } = person();
    return { uid: `00u${sub.slice(0, 8)}`, ...rest };
  };
  type User = ReturnType<typeof newUser>;
  /** As Okta makes them: the id in `sub`, who it is, and no `uid`. */
  const idToken = ({ uid, ...rest }: User, claims: Record<string, unknown> = {}) =>
    stub.mint({ iss: OKTA, aud: 'client', sub: uid, ...rest, ...claims });
  /** As Okta makes them: the sign-in name in `sub`, the id in `uid`, and no address. */
  const accessToken = ({ uid, email }: User, claims: Record<string, unknown> = {}) =>
    stub.mint({
      ...{
        iss: OKTA,
        aud: 'api://default',
        sub: email,
        uid,
        scp: ['openid', 'profile'],
        cid: 'client',
        ver: 1,
      },
      ...{ email: undefined, email_verified: undefined, name: undefined, ...claims },
    });

  it('is one in ID and access tokens: the user stays the same', async () => {
    const user = newUser();
    await expectRefused(service, accessToken(user), 'email-not-verified');
    const { id } = await expectAccepted(service, idToken(user));
    await expectAccepted(service, accessToken(user), { id });
    await expectAccepted(service, accessToken(user, { sub: 'renamed@example.com' }), { id });
    expect(
      await database.query('SELECT subject, subject_claim FROM user_identities WHERE user_id = $1', [id]),
    ).toEqual([{ subject: user.uid, subject_claim: 'uid' }]);
  });

  it('R30 whoever is given the sign-in name of a user later is somebody else', async () => {
    const before = newUser();
    const { id } = await expectAccepted(service, idToken(before));
    const after = { ...newUser(), email: before.email };
    await expectRefused(service, accessToken(after), 'email-not-verified');
    await expectRefused(service, idToken(after), 'identity-conflict');
    await expectAccepted(service, accessToken(before), { id });
  });

  it.each([
    ['is missing', undefined, 'undefined'],
    ['is a number', 5, 'number'],
    ['is a list', ['00u1'], 'list of text'],
    ['is null', null, 'null'],
    ['is empty', '', 'text'],
    ['is too long', 'x'.repeat(256), 'text'],
    ['holds a control character', 'a\nb', 'text'],
  ])('R11 an access token in which it %s is refused, its sub does not stand in', async (_what, uid, form) => {
    const user = newUser();
    await expectAccepted(service, idToken(user));
    await expectRefused(service, accessToken(user, { uid, sub: user.uid }));
    expect(await flushedLogs(service)).toContainEqual(
      expect.objectContaining({ msg: 'token refused', reason: `subject claim uid (${form})` }),
    );
    if (uid !== undefined) await expectRefused(service, idToken(user, { uid }));
  });

  it('says nothing of other issuers', async () => {
    const claims = { ...person(), iss: ORDINARY, aud: 'client', uid: '00uOther' };
    await expectAccepted(service, stub.mint(claims));
    expect(
      await database.query('SELECT subject_claim FROM user_identities WHERE subject = $1', [claims.sub]),
    ).toEqual([{ subject_claim: 'sub' }]);
  });

  it('R27 finds nobody who is stored by another claim under the same name', async () => {
    const victim = newUser();
    const { id } = await expectAccepted(service, stub.mint({ ...person(), iss: ORDINARY, aud: 'client' }));
    await database.query(
      `INSERT INTO user_identities (issuer, subject, user_id, claims_issued_at) VALUES ($1, $2, $3, now())`,
      [OKTA, victim.uid, id],
    );
    await expectRefused(service, accessToken(victim), 'email-not-verified');
    await expectRefused(service, idToken(victim), 'identity-conflict');
    await database.query('DELETE FROM user_identities WHERE issuer = $1 AND user_id = $2', [OKTA, id]);
  });

  it('R76 a sign-out holds for the token', async () => {
    const user = newUser();
    await expectAccepted(service, idToken(user));
    const token = accessToken(user);
    await expectAccepted(service, token);
    expect((await send(service, 'POST', '/auth/logout', { headers: bearer(token) })).status).toBe(204);
    await expectRefused(service, token);
  });

  describe('is fixed while the database holds users of the issuer', () => {
    let own: TestDatabase;

    beforeEach(async () => {
      own = await createTestDatabase();
    });

    afterEach(() => own.drop());

    async function expectNoStart(rules: Record<string, unknown>, configured: string, stored: string) {
      const spawned = spawnService({ DATABASE_URL: own.url, ...environment(rules) });
      const status = await new Promise((done) => spawned.process.once('exit', done));
      expect(status).toBe(1);
      expect(spawned.output()).toContain(
        `subject_claim of the issuer ${OKTA} is "${configured}", but users of it are stored by "${stored}"; see "Subjects"`,
      );
    }

    it.each([
      [{}, { subject_claim: 'uid' }, 'uid', 'sub'],
      [{ subject_claim: 'uid' }, {}, 'sub', 'uid'],
      [{ subject_claim: 'uid' }, { subject_claim: 'oid' }, 'oid', 'uid'],
    ])(
      'from %j to %j the start is refused, until none is left',
      async (before, after, configured, stored) => {
        const first = await startWith(before, own);
        const user = newUser();
        await expectAccepted(first, idToken(user));
        await first.stop();
        await expectNoStart(after, configured, stored);
        await (await startWith(before, own)).stop();
        await own.query('DELETE FROM user_identities WHERE issuer = $1', [OKTA]);
        await (await startWith(after, own)).stop();
      },
    );
  });

  it('is "sub" for users of version 1.0.0', async () => {
    const old = await createFirstReleaseDatabase();
    const claims = { ...person(), iss: ORDINARY, aud: 'client' };
    const [row] = await old.query<{ id: string }>(
      `INSERT INTO users (email, name) VALUES ($1, 'Ada') RETURNING id`,
      [claims.email],
    );
    await old.query(
      'INSERT INTO user_identities (issuer, subject, user_id, claims_issued_at) VALUES ($1, $2, $3, now())',
      [ORDINARY, claims.sub, row?.id],
    );
    const upgraded = await startWith({ subject_claim: 'uid' }, old);
    await expectAccepted(upgraded, stub.mint(claims), { id: row?.id });
    await upgraded.stop();
    await old.drop();
  });
});
