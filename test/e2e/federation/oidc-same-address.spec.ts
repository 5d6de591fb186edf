import { randomUUID } from 'node:crypto';
import { register } from '../../support/http/accounts';
import { flushedLogs } from '../../support/process/flushed-logs';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { me } from '../../support/providers/oidc';
import { ProviderStub } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const AUTH0 = 'https://tenant.eu.auth0.com/';
const PLAIN = 'https://plain.example';

/** `link_same_address`: each connection of an Auth0 tenant names the same person by another subject. */
describe('further subjects of one issuer with the address of an account', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;
  /** Where it is not allowed. */
  let strict: Service;

  beforeAll(async () => {
    [database, stub] = await Promise.all([createTestDatabase(), ProviderStub.start()]);
    const start = (rules: Record<string, unknown>) =>
      startService({
        databaseUrl: database.url,
        env: {
          AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(
            [{ issuer: AUTH0, ...rules }, { issuer: PLAIN }].map((entry) => ({
              audience: 'app',
              jwks_url: stub.jwksUrl,
              groups_claim: 'groups',
              ...entry,
            })),
          ),
        },
      });
    [service, strict] = await Promise.all([
      start({ link_same_address: ['example.com', 'partner.example'] }),
      start({}),
    ]);
  });

  afterAll(async () => {
    await Promise.all([service.stop(), strict.stop()]);
    await stub.stop();
    await database.drop();
  });

  const newAddress = (domain = 'example.com') => `${randomUUID()}@${domain}`;
  const password = () => `auth0|${randomUUID().slice(0, 24)}`;
  const google = () => `google-oauth2|${Date.now()}${Math.random().toString().slice(2, 8)}`;
  const token = (sub: string, email: string, claims: Record<string, unknown> = {}) =>
    stub.mint({ iss: AUTH0, sub, email, email_verified: true, name: 'Jane Doe', ...claims });
  const teamsOf = ({ teams }: Person) => teams.map(({ name }) => name);
  const subjectsOf = async (userId: string) =>
    (
      await database.query<{ subject: string }>(
        'SELECT subject FROM user_identities WHERE user_id = $1 AND issuer = $2 ORDER BY created_at',
        [userId, AUTH0],
      )
    ).map(({ subject }) => subject);

  it('are one user, whichever comes first, and that is audited', async () => {
    const email = newAddress();
    const [first, second] = [password(), google()];
    const { id } = await expectAccepted(service, token(first, email));
    await expectAccepted(service, token(second, email.toUpperCase()), { id });
    await expectAccepted(service, token(first, email), { id });
    expect(await subjectsOf(id)).toEqual([first, second]);
    const linked = (await flushedLogs(service)).filter(
      ({ msg, user_id }) => msg === 'auth.identity.linked' && user_id === id,
    );
    expect(linked).toEqual([
      expect.objectContaining({
        audit: true,
        issuer: AUTH0,
        further_subject: true,
        credentials_revoked: false,
      }),
    ]);
  });

  it('are known from then on whatever address they have, and where the setting is gone', async () => {
    const email = newAddress();
    const [first, second] = [password(), google()];
    const { id } = await expectAccepted(service, token(first, email));
    await expectAccepted(service, token(second, email), { id });
    await expectAccepted(service, token(second, newAddress('elsewhere.example'), { email_verified: false }), {
      id,
    });
    await expectAccepted(strict, token(second, email), { id });
  });

  it.each(['elsewhere.example', 'sub.example.com', 'example.com.evil.example', 'notexample.com'])(
    'D6 are refused with an address in %s, which is not listed',
    async (domain) => {
      const email = newAddress(domain);
      const { id } = await expectAccepted(service, token(password(), email));
      await expectRefused(service, token(google(), email), 'identity-conflict');
      expect(await subjectsOf(id)).toHaveLength(1);
    },
  );

  it('D6 are refused where it is not allowed, and at other issuers', async () => {
    const email = newAddress();
    await expectAccepted(service, token(password(), email));
    await expectRefused(strict, token(google(), email), 'identity-conflict');
    const other = newAddress();
    await expectAccepted(service, token('1', other, { iss: PLAIN, sub: randomUUID() }));
    await expectRefused(service, token('2', other, { iss: PLAIN, sub: randomUUID() }), 'identity-conflict');
  });

  it('R28 are refused unless their address is verified', async () => {
    const email = newAddress();
    await expectAccepted(service, token(password(), email));
    for (const email_verified of [false, 'true', undefined]) {
      await expectRefused(service, token(google(), email, { email_verified }), 'email-not-verified');
    }
  });

  it('R29 are refused when nobody proved that the address is that of the account', async () => {
    const first = password();
    const { id } = await expectAccepted(service, token(first, newAddress()));
    const victim = newAddress();
    await database.query('UPDATE users SET email = $1 WHERE id = $2', [victim, id]); // takes the proof away
    await expectRefused(service, token(google(), victim), 'identity-conflict');
    expect(await subjectsOf(id)).toEqual([first]);
    await expectAccepted(service, token(first, victim), { id });
  });

  it('R29 an account made by registration is linked as ever: its password ends', async () => {
    const account = await register(service, { email: newAddress() });
    const { id } = await expectAccepted(service, token(password(), account.email));
    expect(id).toBe(account.id);
    await expectRefused(service, account.token);
    await expectAccepted(service, token(google(), account.email), { id });
  });

  it('R16 are refused when the account is not active', async () => {
    const email = newAddress();
    const { id } = await expectAccepted(service, token(password(), email));
    await database.query('UPDATE users SET is_active = false WHERE id = $1', [id]);
    await expectRefused(service, token(google(), email));
    expect(await subjectsOf(id)).toHaveLength(1);
  });

  it('R79 are ten at most, however many come at once', async () => {
    const email = newAddress();
    const { id } = await expectAccepted(service, token(password(), email));
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(service, token(google(), email))));
    expect(answers.filter(({ status }) => status === 200).map(({ body }) => body.id)).toEqual(
      Array(9).fill(id),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(11);
    expect(await subjectsOf(id)).toHaveLength(10);
  });

  it('R34 100 first requests of one of them at once make one row', async () => {
    const email = newAddress();
    const { id } = await expectAccepted(service, token(password(), email));
    const second = token(google(), email);
    const answers = await Promise.all(Array.from({ length: 100 }, () => me(service, second)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.id}`))).toEqual(
      new Set([`200 ${id}`]),
    );
    expect(await subjectsOf(id)).toHaveLength(2);
  });

  it('when the first one is gone, no other joins the rest unless it is allowed', async () => {
    const email = newAddress();
    const first = password();
    const { id } = await expectAccepted(service, token(first, email));
    await expectAccepted(service, token(google(), email), { id });
    await database.query('DELETE FROM user_identities WHERE subject = $1', [first]);
    await expectRefused(strict, token(google(), email), 'identity-conflict');
    await expectAccepted(service, token(google(), email), { id });
  });

  it('have the teams of the newest token among them, and no request with an older one changes them', async () => {
    const email = newAddress();
    const now = Math.floor(Date.now() / 1000);
    const older = token(password(), email, { groups: ['eng'], iat: now - 20 });
    const newer = token(google(), email, { groups: ['design'], iat: now - 10 });
    await expectAccepted(service, older);
    for (const each of [newer, older, newer, older]) {
      expect(teamsOf(await expectAccepted(service, each))).toEqual(['Design', 'General']);
    }
    const newest = token(password(), email, { groups: [], iat: now });
    expect(teamsOf(await expectAccepted(service, newest))).toEqual(['General']);
    expect(teamsOf(await expectAccepted(service, newer))).toEqual(['General']);
  });

  it('mean nothing to version 1.0.0, whose statement is refused as before', async () => {
    const email = newAddress();
    const { id } = await expectAccepted(service, token(password(), email));
    const insert = `INSERT INTO user_identities (issuer, subject, user_id, claims_issued_at) VALUES ($1, $2, $3, now())
       ON CONFLICT ON CONSTRAINT uq_user_identities_user_id_issuer DO NOTHING RETURNING user_id`;
    expect(await database.query(insert, [AUTH0, google(), id])).toEqual([]);
  });
});
