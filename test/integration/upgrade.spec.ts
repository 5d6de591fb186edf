import { createHash, randomBytes } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { createFirstReleaseDatabase } from '../support/database/first-release';
import { expectAccepted, expectRefused } from '../support/tokens/token-outcome';
import { startOidcService } from '../support/providers/oidc';
import { person, ProviderStub } from '../support/providers/provider-stub';
import type { Service } from '../support/process/service';
import { refreshed, signIn } from '../support/tokens/sessions';
import type { TestDatabase } from '../support/database/test-database';
import { forge, payloadOf } from '../support/tokens/tokens';

const PASSWORD = 'correct horse battery';
const ADA = { email: 'ada@example.com', password: PASSWORD };

/** Sessions and tokens of users who were there before the migrations of 1.1.0. */
describe('the migrations on a database of version 1.0.0', () => {
  let database: TestDatabase;
  let provider: ProviderStub;
  let service: Service;
  /** Ada has a session of two days ago, Bob is switched off, and Grace comes from a provider. */
  const refreshToken = `psr_${randomBytes(32).toString('base64url')}`;
  let ada: { id: string; sid: string };
  let bob: { id: string; sid: string };
  const grace = person();
  let graceToken: string;

  beforeAll(async () => {
    [database, provider] = await Promise.all([createFirstReleaseDatabase(), ProviderStub.start()]);
    graceToken = provider.mint(grace);
    ada = await insertWithSession(ADA.email, true, refreshToken);
    bob = await insertWithSession('bob@example.com', false, 'another');
    await database.query(
      `WITH team AS (INSERT INTO teams (name, external_ref) VALUES ('Compilers', 'compilers') RETURNING id),
         made AS (INSERT INTO users (email, name, email_verified_at) VALUES ($1, 'Grace', now()) RETURNING id),
         identity AS (INSERT INTO user_identities (issuer, subject, user_id, name, claims_issued_at)
           SELECT $2, $3, id, $4, now() - interval '1 day' FROM made)
       INSERT INTO team_memberships (user_id, team_id, provider_issuer)
       SELECT made.id, team.id, $2 FROM made, team`,
      [grace.email, provider.issuer, grace.sub, grace.name],
    );
    service = await startOidcService(database, provider);
  });

  afterAll(async () => {
    await service?.stop();
    await provider?.stop();
    await database?.drop();
  });

  async function insertWithSession(email: string, isActive: boolean, token: string) {
    const [row] = await database.query<{ id: string; sid: string }>(
      `WITH made AS (INSERT INTO users (email, name, password_hash, is_active) VALUES ($1, 'x', $2, $3) RETURNING id)
       INSERT INTO sessions (user_id, current_token_hash, created_at, expires_at, idle_expires_at)
       SELECT id, $4, now() - interval '2 days', now() + interval '28 days', now() + interval '5 days' FROM made
       RETURNING user_id AS id, id AS sid`,
      [email, hashSync(PASSWORD, 4), isActive, createHash('sha256').update(token).digest()],
    );
    return row as { id: string; sid: string };
  }

  it('sign nobody out: access tokens without the new claims, and tokens of providers, stay good', async () => {
    await expectAccepted(service, forge({ ...ada, email: ADA.email }), { id: ada.id });
    const { teams } = await expectAccepted(service, graceToken, { email: grace.email });
    expect(teams).toMatchObject([{ name: 'Compilers' }]);
  });

  it('keep refresh tokens good: new access tokens tell the time and the method of the sign-in of then', async () => {
    const claims = payloadOf((await refreshed(service, refreshToken)).accessToken);
    const [row] = await database.query<{ at: number }>(
      'SELECT floor(extract(epoch FROM created_at))::float8 AS at FROM sessions WHERE id = $1',
      [ada.sid],
    );
    expect(claims).toMatchObject({ sid: ada.sid, auth_time: row?.at, amr: ['pwd'] });
  });

  it('let somebody in who was off before, with nothing of then (R75)', async () => {
    const token = forge({ ...bob, email: 'bob@example.com' });
    await expectRefused(service, token);
    await database.query('UPDATE users SET is_active = true WHERE id = $1', [bob.id]);
    await expectRefused(service, token);
    const { accessToken } = await signIn(service, { email: 'bob@example.com', password: PASSWORD });
    await expectAccepted(service, accessToken, { id: bob.id });
  });
});
