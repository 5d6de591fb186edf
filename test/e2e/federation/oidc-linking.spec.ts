import { register, uniqueEmail } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { me, startOidcService, validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import type { Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { flushedLogs } from '../../support/process/flushed-logs';
import { writeIssuersFile } from '../../support/providers/issuers-file';

describe('the accounts of people who come from providers', () => {
  let database: TestDatabase;
  let provider: ProviderStub;
  /** Another provider; its addresses are trusted, and its groups are called otherwise. */
  let second: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    [provider, second] = await Promise.all([ProviderStub.start(), ProviderStub.start()]);
    const file = writeIssuersFile([
      {
        issuer: second.issuer,
        audience: 'app',
        trust_email: true,
        groups_claim: 'roles',
        group_mapping: { designers: 'design' },
      },
    ]);
    service = await startOidcService(database, provider, {
      AUTH_OIDC_ISSUERS_FILE: file,
      AUTH_OIDC_GROUPS_CLAIM: 'groups',
      AUTH_OIDC_DOMAINS_CLAIM: 'areas',
    });
  });

  afterAll(async () => {
    await service?.stop();
    await Promise.all([provider?.stop(), second?.stop()]);
    await database?.drop();
  });

  const rows = (sql: string, ...values: unknown[]) => database.query<Record<string, unknown>>(sql, values);
  const login = (email: string, password: string) =>
    send(service, 'POST', '/auth/login', { body: { email, password } });
  const expectAudited = async (msg: string, facts: Record<string, unknown>) =>
    expect(await flushedLogs(service)).toContainEqual(
      expect.objectContaining({ msg, audit: true, ...facts }),
    );
  const teamsOf = ({ teams }: Person) => teams.map(({ name }) => name);
  const domainsOf = ({ domains }: Person) => domains.map(({ key }) => key);

  describe('first sight', () => {
    it('R28 a verified address makes an account with the default team and domain', async () => {
      const claims = { ...person(), picture: 'https://idp.example/ada.png' };
      const user = await expectAccepted(service, provider.mint(claims));
      expect(user).toMatchObject({
        email: claims.email,
        name: 'Ada Lovelace',
        avatar_url: 'https://idp.example/ada.png',
      });
      expect(teamsOf(user)).toEqual(['General']);
      expect(domainsOf(user)).toEqual(['engineering']);
      await expectAudited('auth.identity.created', {
        user_id: user.id,
        issuer: provider.issuer,
        audit: true,
      });
    });

    it.each([
      ['https://idp.example/é|1', 'https://idp.example/%C3%A9%7C1'],
      ['https://ada:secret@idp.example/ada.png', null],
      ['//idp.example/ada.png', null],
      ['data:image/png;base64,AAAA', null],
      [`https://idp.example/${'x'.repeat(2048)}`, null],
    ])('keeps the picture %.50s as %s', async (picture, stored) => {
      const user = await expectAccepted(service, provider.mint({ ...person(), picture }));
      expect(user.avatar_url).toBe(stored);
    });

    it('happens on /auth/validate as on guarded routes', async () => {
      const { body } = await validate(service, provider.mint());
      expect(body).toMatchObject({ valid: true, user: { name: 'Ada Lovelace' }, error: null });
    });

    it('names a person without a usable name by the address', async () => {
      for (const name of [undefined, '', 5, 'a\u0000b', 'x'.repeat(201)]) {
        const claims = { ...person(), name };
        expect((await expectAccepted(service, provider.mint(claims))).name).toBe(claims.sub);
      }
    });

    it('D10 takes the address in its normal form', async () => {
      const { sub, ...rest } = person();
      const user = await expectAccepted(
        service,
        provider.mint({ ...rest, sub, email: ` ${sub.toUpperCase()}@EXAMPLE.com ` }),
      );
      expect(user.email).toBe(`${sub}@example.com`);
    });

    it('R34 100 parallel first requests at two replicas make one account', async () => {
      const claims = person();
      const token = provider.mint(claims);
      const replica = await startOidcService(database, provider);
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => me(n % 2 === 0 ? service : replica, token)),
      );
      await replica.stop();
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
      expect(await rows('SELECT FROM users WHERE email = $1', claims.email)).toHaveLength(1);
      expect(await rows('SELECT FROM user_identities WHERE subject = $1', claims.sub)).toHaveLength(1);
    });

    it('R34 of 50 people with one address at once, one gets it', async () => {
      const { email } = person();
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => me(service, provider.mint({ ...person(), email }))),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
      expect(await rows('SELECT FROM users WHERE email = $1', email)).toHaveLength(1);
    });

    it('P10 against a registration of the same address at once: one account, and R29 holds', async () => {
      for (let round = 0; round < 10; round++) {
        const claims = person();
        const password = 'correct horse battery';
        const [byProvider, byPassword] = await Promise.all([
          me(service, provider.mint(claims)),
          send(service, 'POST', '/auth/register', {
            body: { email: claims.email, password, name: 'Somebody' },
          }),
        ]);
        expect(byProvider.status).toBe(200);
        expect([201, 409]).toContain(byPassword.status);
        expect(await rows('SELECT FROM users WHERE email = $1', claims.email)).toHaveLength(1);
        expect((await login(claims.email, password)).status).toBe(401);
      }
    });
  });

  describe('takeover attempts', () => {
    it('an address registered by somebody else before: the password and all that was issued under it die', async () => {
      const squatter = await register(service);
      await expectAccepted(service, squatter.token);
      const picture = { avatar_url: 'https://squatter.example/seen.png' };
      const headers = bearer(squatter.token);
      expect((await send(service, 'PATCH', '/users/me', { headers, body: picture })).status).toBe(200);
      const owner = { ...person(), email: squatter.email };
      const user = await expectAccepted(service, provider.mint(owner));
      expect(user).toMatchObject({ id: squatter.id, name: 'Ada Lovelace', avatar_url: null });
      await expectRefused(service, squatter.token);
      expect((await login(squatter.email, squatter.password)).status).toBe(401);
      const refresh = await send(service, 'POST', '/auth/refresh', {
        body: { refresh_token: squatter.refreshToken },
      });
      expect(refresh.status).toBe(401);
      await expectAudited('auth.identity.linked', {
        user_id: squatter.id,
        issuer: provider.issuer,
        credentials_revoked: true,
      });
      await expectAudited('auth.sessions.ended', { user_id: squatter.id, reason: 'account-linked' });
    });

    it.each([
      ['is not verified', { email_verified: false }],
      ['is said to be verified in a text', { email_verified: 'true' }],
      ['is not said to be verified', { email_verified: undefined }],
      ['is missing', { email: undefined }],
      ['is no address', { email: 'nobody' }],
      ['is no text', { email: ['a@example.com'] }],
    ])('R28 an address that %s makes nothing and links nothing', async (_what, claims) => {
      const account = await register(service);
      const attempt = { ...person(), email: account.email, ...claims };
      await expectRefused(service, provider.mint(attempt), 'email-not-verified');
      await expectAccepted(service, account.token);
      expect(await rows('SELECT FROM user_identities WHERE subject = $1', attempt.sub)).toEqual([]);
      await expectAudited('auth.identity.refused', { code: 'email-not-verified', issuer: provider.issuer });
    });

    it('R27 the same subject at two issuers is two people', async () => {
      const claims = person();
      const first = await expectAccepted(service, provider.mint(claims));
      const other = await expectAccepted(service, second.mint({ ...claims, email: uniqueEmail() }));
      expect(other.id).not.toBe(first.id);
    });

    it('the same address at two issuers is one person, when both vouch for it', async () => {
      const claims = person();
      const first = await expectAccepted(service, provider.mint(claims));
      const other = await expectAccepted(service, second.mint({ ...person(), email: claims.email }));
      expect(other.id).toBe(first.id);
      await expectAudited('auth.identity.linked', {
        user_id: first.id,
        issuer: second.issuer,
        credentials_revoked: false,
      });
    });

    it('the same address at two issuers, of which one does not vouch for it, is refused there', async () => {
      const claims = person();
      await expectAccepted(service, second.mint(claims));
      await expectRefused(
        service,
        provider.mint({ ...person(), email: claims.email, email_verified: false }),
        'email-not-verified',
      );
    });

    it('D6 another subject of the same issuer with the address of an account is refused', async () => {
      const claims = person();
      const token = provider.mint(claims);
      await expectAccepted(service, token);
      await expectRefused(service, provider.mint({ ...person(), email: claims.email }), 'identity-conflict');
      await expectAccepted(service, token);
    });

    it('R30 an address that changes at the provider changes no identity and no address, and takes nothing over', async () => {
      const claims = person();
      const before = await expectAccepted(service, provider.mint(claims));
      const victim = await register(service);
      for (const email of [victim.email, uniqueEmail(), undefined]) {
        for (const email_verified of [true, false]) {
          expect(await expectAccepted(service, provider.mint({ ...claims, email, email_verified }))).toEqual(
            before,
          );
        }
      }
      await expectAccepted(service, victim.token);
    });

    it('a known person enters without an address', async () => {
      const { sub, name, email } = person();
      await expectAccepted(service, provider.mint({ sub, name, email }));
      await expectAccepted(
        service,
        provider.mint({ sub, email: undefined, email_verified: undefined, scope: 'a' }),
      );
    });

    it('an account that is not active is refused: known, and at first sight', async () => {
      const claims = person();
      const token = provider.mint(claims);
      const { id } = await expectAccepted(service, token);
      await rows('UPDATE users SET is_active = false WHERE id = $1', id);
      await expectRefused(service, token);
      await expectRefused(service, second.mint({ ...person(), email: claims.email }));
      expect(await rows('SELECT FROM user_identities WHERE user_id = $1', id)).toHaveLength(1);
    });

    it('R16 a deleted account does not come back under its old id', async () => {
      const token = provider.mint();
      const { id } = await expectAccepted(service, token);
      await rows('DELETE FROM users WHERE id = $1', id);
      expect((await expectAccepted(service, token)).id).not.toBe(id);
    });

    it('an identity whose user an administrator deleted does not come back until that is allowed', async () => {
      const claims = person();
      const { id } = await expectAccepted(service, provider.mint(claims));
      await rows(
        `INSERT INTO deleted_identities (identity_hash, user_id)
         SELECT hash_identity(issuer, subject), user_id FROM user_identities WHERE user_id = $1`,
        id,
      );
      await rows('DELETE FROM users WHERE id = $1', id);
      await expectRefused(service, provider.mint(claims));
      expect(await rows('SELECT FROM users WHERE email = $1', claims.email)).toEqual([]);
      await rows('DELETE FROM deleted_identities WHERE user_id = $1', id);
      expect((await expectAccepted(service, provider.mint(claims))).id).not.toBe(id);
    });
  });

  describe('what follows the provider', () => {
    it('name and picture', async () => {
      const claims = person();
      await expectAccepted(service, provider.mint(claims));
      const picture = 'https://idp.example/new.png';
      const changed = await expectAccepted(service, provider.mint({ ...claims, name: 'Ada King', picture }));
      expect(changed).toMatchObject({ name: 'Ada King', avatar_url: picture });
      const unsaid = await expectAccepted(service, provider.mint({ ...claims, name: undefined }));
      expect(unsaid).toMatchObject({ name: 'Ada King', avatar_url: picture });
      const unfit = await expectAccepted(
        service,
        provider.mint({ ...claims, name: 'a\nb', picture: 'javascript:1' }),
      );
      expect(unfit).toMatchObject({ name: 'Ada King', avatar_url: picture });
    });

    it('teams and domains, added and removed; those given by hand stay', async () => {
      const claims = person();
      const { id } = await expectAccepted(service, provider.mint(claims));
      await rows(
        `INSERT INTO team_memberships (user_id, team_id, role) SELECT $1, id, 'admin' FROM teams WHERE external_ref = 'product'`,
        id,
      );
      const both = { groups: ['eng', 'product', 'nobody-knows'], areas: ['sales', 'engineering'] };
      const added = await expectAccepted(service, provider.mint({ ...claims, ...both }));
      expect(teamsOf(added)).toEqual(['Engineering', 'General', 'Product']);
      expect(domainsOf(added)).toEqual(['engineering', 'sales']);
      const moved = await expectAccepted(
        service,
        provider.mint({ ...claims, groups: ['design'], areas: 'marketing' }),
      );
      expect(teamsOf(moved)).toEqual(['Design', 'General', 'Product']);
      expect(domainsOf(moved)).toEqual(['engineering', 'marketing']);
      const removed = await expectAccepted(service, provider.mint(claims));
      expect(teamsOf(removed)).toEqual(['General', 'Product']);
      expect(domainsOf(removed)).toEqual(['engineering']);
    });

    it('at first sight already', async () => {
      const user = await expectAccepted(
        service,
        provider.mint({ ...person(), groups: ['eng'], areas: ['sales'] }),
      );
      expect(teamsOf(user)).toEqual(['Engineering', 'General']);
      expect(domainsOf(user)).toEqual(['engineering', 'sales']);
    });

    it('matches groups exactly, and passes over what is no name', async () => {
      const groups = ['ENG', ' eng', 'eng ', 'Engineering', 5, null, ['eng'], 'e\u0000ng', ''];
      expect(teamsOf(await expectAccepted(service, provider.mint({ ...person(), groups })))).toEqual([
        'General',
      ]);
    });

    it('by the mapping of the issuer, where there is one', async () => {
      const claims = { ...person(), roles: ['designers', 'eng', 'design'], groups: ['eng'] };
      expect(teamsOf(await expectAccepted(service, second.mint(claims)))).toEqual(['Design', 'General']);
    });

    it('of one provider leaves what came from another', async () => {
      const claims = person();
      await expectAccepted(service, provider.mint({ ...claims, groups: ['eng'] }));
      const atSecond = { ...person(), email: claims.email };
      const both = await expectAccepted(service, second.mint({ ...atSecond, roles: ['designers'] }));
      expect(teamsOf(both)).toEqual(['Design', 'Engineering', 'General']);
      const left = await expectAccepted(service, second.mint({ ...atSecond, roles: [] }));
      expect(teamsOf(left)).toEqual(['Engineering', 'General']);
    });

    it('does not follow a token that is older than what was followed', async () => {
      const claims = person();
      const old = provider.mint({ ...claims, groups: ['eng'], iat: Math.floor(Date.now() / 1000) - 60 });
      expect(teamsOf(await expectAccepted(service, old))).toEqual(['Engineering', 'General']);
      await expectAccepted(service, provider.mint(claims));
      expect(teamsOf(await expectAccepted(service, old))).toEqual(['General']);
    });

    it('leaves teams alone when the groups are too many for the token', async () => {
      const claims = person();
      await expectAccepted(service, provider.mint({ ...claims, groups: ['eng'] }));
      for (const overage of [{ _claim_names: { groups: 'src1' } }, { hasgroups: true }]) {
        expect(teamsOf(await expectAccepted(service, provider.mint({ ...claims, ...overage })))).toContain(
          'Engineering',
        );
      }
    });

    it('at 50 requests at once with something new, once', async () => {
      const claims = person();
      await expectAccepted(service, provider.mint(claims));
      const token = provider.mint({ ...claims, name: 'Ada King', groups: ['eng', 'design', 'product'] });
      const answers = await Promise.all(Array.from({ length: 50 }, () => me(service, token)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(teamsOf(await expectAccepted(service, token))).toEqual([
        'Design',
        'Engineering',
        'General',
        'Product',
      ]);
    });
  });

  it('a known person of whom nothing new is said costs no write', async () => {
    const token = provider.mint({ ...person(), groups: ['eng'], areas: ['sales'] });
    await expectAccepted(service, token);
    await rows(`CREATE FUNCTION refuse_write() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'a write'; END $$`);
    for (const table of ['users', 'user_identities', 'team_memberships', 'user_domains', 'sessions']) {
      await rows(`CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE ON ${table}
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_write()`);
    }
    await expectAccepted(service, token);
    expect((await me(service, provider.mint())).status).toBe(500); // so a write would be seen
  });
});
