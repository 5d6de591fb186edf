import { send } from '../../support/http/http';
import { flushedLogs } from '../../support/process/flushed-logs';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { startOidcService } from '../../support/providers/oidc';
import { ProviderStub, type Changes } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const TRUSTING = 'https://trusting.example';
const ACCESS = 'https://access.example';
const GOOGLE = 'https://accounts.google.com';
const STRONG = 'https://strong.example';
const SCOPED = 'https://scoped.example';
const FRESH = 'https://fresh.example';
const PLAIN = 'https://plain.example';
const NAMES = ['kubernetes/serviceaccount', 'urn:example:idp', 'idp.example'];

/** What the issuers file can allow and demand of the tokens of one issuer, and that nothing of it holds for another. */
describe('the rules of an issuer for its tokens', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await ProviderStub.start();
    const entries = [
      { issuer: TRUSTING, trusted_audiences: ['project', 'another-client'] },
      { issuer: ACCESS, token_use: 'access' },
      { issuer: GOOGLE, required_claims: { hd: 'example.com' } },
      {
        issuer: STRONG,
        required_claims: { acr: ['gold', 'platinum'], amr: 'mfa', 'org.level': 3, staff: true },
      },
      { issuer: SCOPED, required_scopes: ['profile', 'teams:read'] },
      { issuer: FRESH, max_auth_age_seconds: 600 },
      { issuer: PLAIN },
      ...NAMES.map((issuer) => ({ issuer })),
    ].map((entry) => ({ audience: 'app', jwks_url: stub.jwksUrl, ...entry }));
    service = await startService({
      databaseUrl: database.url,
      env: { AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(entries) },
    });
  });

  afterAll(async () => {
    await service.stop();
    await stub.stop();
    await database.drop();
  });

  const now = () => Math.floor(Date.now() / 1000);
  const token = (iss: string, claims: Record<string, unknown> = {}, changes: Changes = {}) =>
    stub.mint({ iss, ...claims }, changes);
  const good = (iss: string, claims?: Record<string, unknown>, changes?: Changes) =>
    expectAccepted(service, token(iss, claims, changes));
  const bad = (iss: string, claims?: Record<string, unknown>, changes?: Changes) =>
    expectRefused(service, token(iss, claims, changes));
  const expectReason = async (reason: string) =>
    expect(await flushedLogs(service)).toContainEqual(
      expect.objectContaining({ msg: 'token refused', reason }),
    );

  describe('trusted_audiences', () => {
    it('lets an ID token name them beside one of ours, when ours is the party that it was made for', async () => {
      await good(TRUSTING, { aud: ['another-client', 'app', 'project'], azp: 'app' });
      await good(TRUSTING, { aud: ['app', 'project'], azp: 'app' });
      await good(TRUSTING, { aud: 'app' });
    });

    it.each([
      ['only trusted ones', { aud: ['project', 'another-client'], azp: 'app' }],
      ['a trusted one alone', { aud: 'project' }],
      ['another client as the party', { aud: ['app', 'project', 'another-client'], azp: 'another-client' }],
      ['the project as the party', { aud: ['app', 'project'], azp: 'project' }],
      ['no party', { aud: ['app', 'project'] }],
      ['one that nobody trusts', { aud: ['app', 'project', 'stranger'], azp: 'app' }],
      ['in an access token, only trusted ones', { aud: ['project'], scope: 'openid', azp: 'app' }],
    ])('R11 refuses %s', (_what, claims) => bad(TRUSTING, claims));

    it('R4 of one issuer say nothing of another', () => bad(PLAIN, { aud: ['app', 'project'], azp: 'app' }));
  });

  describe('token_use "access"', () => {
    it('decides what a token is that does not say', async () => {
      const claims = { aud: ['app', 'https://idp.example/userinfo'] };
      await good(ACCESS, claims);
      await good(ACCESS, { ...claims, scope: 'openid' });
      await bad(PLAIN, claims);
    });

    it.each([
      ['a nonce', { nonce: 'n-0S6_WzA2Mj' }],
      ['the hash of an access token', { at_hash: '77QmUPtjPfzWtF2AnpK9RQ' }],
      ['the hash of a code', { c_hash: 'LDktKdoQak3Pk0cnXxCltA' }],
      ['token_use id', { token_use: 'id' }],
      ['the type ID of Keycloak', { typ: 'ID' }],
      ['another audience', { aud: ['other', 'https://idp.example/userinfo'] }],
      ['no audience', { aud: undefined, client_id: 'app' }],
      ['events', { events: {} }],
    ])('R10 still refuses a token with %s', (_what, claims) => bad(ACCESS, claims));
  });

  describe('R88 required_claims', () => {
    it('of Google: only people of the hosted domain', async () => {
      await good(GOOGLE, { hd: 'example.com' });
      await good(GOOGLE, { hd: 'example.com', iss: 'accounts.google.com' });
      for (const hd of [
        undefined,
        'evil.example',
        'EXAMPLE.com',
        'sub.example.com',
        '',
        null,
        true,
        { hd: 'example.com' },
      ]) {
        await bad(GOOGLE, { hd });
      }
      await expectReason('required claim hd');
    });

    it('one of several values, one member of a list, a path, and types count', async () => {
      const claims = { acr: 'gold', amr: ['pwd', 'mfa'], org: { level: 3 }, staff: true };
      await good(STRONG, claims);
      await good(STRONG, { ...claims, acr: 'platinum', amr: 'mfa', scope: 'openid' });
      for (const change of [
        { acr: 'silver' },
        { acr: undefined },
        { amr: ['pwd'] },
        { amr: 'pwd mfa' },
        { amr: [['mfa']] },
        { org: { level: '3' } },
        { org: undefined },
        { staff: 'true' },
        { staff: 1 },
      ]) {
        await bad(STRONG, { ...claims, ...change });
      }
    });
  });

  describe('R88 required_scopes', () => {
    it.each([
      ['scope as a text', { scope: 'openid teams:read profile' }],
      ['scp as a list', { scp: ['profile', 'teams:read'] }],
      ['scp as a text', { scp: 'teams:read profile' }],
    ])('are found in %s', (_what, claims) => good(SCOPED, claims));

    it.each([
      ['one is missing', { scope: 'openid profile' }],
      ['one is only the beginning', { scope: 'profile teams:readall' }],
      ['the scope is empty', { scope: '' }],
      ['they are parted by commas', { scope: 'profile,teams:read' }],
      ['they are nested', { scp: [['profile', 'teams:read']] }],
      ['the scope is an object', { scope: { profile: true, 'teams:read': true } }],
    ])('refuse an access token when %s', (_what, claims) => bad(SCOPED, claims));

    it('refuse one of type at+jwt without any', async () => {
      await bad(SCOPED, {}, { header: { typ: 'at+jwt' } });
      await expectReason('scope');
    });

    it('say nothing of ID tokens', () => good(SCOPED));
  });

  describe('R88 max_auth_age_seconds', () => {
    it('takes who signed in since then, with the leeway', async () => {
      await good(FRESH, { auth_time: now() - 60 });
      await good(FRESH, { auth_time: now() - 620 });
      await good(FRESH, { auth_time: now() + 20, scope: 'openid' });
    });

    it('refuses who signed in earlier, does not say when, or will only sign in', async () => {
      for (const auth_time of [now() - 640, undefined, null, String(now()), -1, 1e300, now() + 60]) {
        await bad(FRESH, { auth_time });
      }
      await expectReason('sign-in too long ago');
    });

    it('does not hold a sign-out up', async () => {
      const old = token(FRESH, { auth_time: now() - 640 });
      const headers = { Authorization: `Bearer ${old}` };
      expect((await send(service, 'POST', '/auth/logout', { headers })).status).toBe(204);
    });
  });

  it('R88 a token that is bound to a key is refused: we do not check who holds the key', async () => {
    for (const cnf of [
      { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
      { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' },
      {},
      null,
    ]) {
      await bad(PLAIN, { cnf });
      await bad(PLAIN, { cnf, scope: 'openid' });
    }
    await expectReason('bound to a key');
  });

  describe('an issuer that is no URL', () => {
    it.each(NAMES)('%s works where the address of the key set is given', async (issuer) => {
      await good(issuer);
      await bad(`${issuer}/`);
    });

    it('is a bearer scheme of the OpenAPI document, and leaves its page as it was', async () => {
      const { body } = await send<{ components: { securitySchemes: Record<string, { type: string }> } }>(
        service,
        'GET',
        '/openapi.json',
      );
      const schemes = Object.entries(body.components.securitySchemes).filter(([name]) =>
        name.startsWith('provider'),
      );
      expect(schemes.map(([, { type }]) => type)).toEqual([
        ...Array<string>(7).fill('openIdConnect'),
        ...NAMES.map(() => 'http'),
      ]);
      expect((await send(service, 'GET', '/docs')).status).toBe(200);
    });

    it('works in the single settings too', async () => {
      const own = await startOidcService(
        database,
        { issuer: 'urn:example:single' },
        { AUTH_OIDC_JWKS_URL: stub.jwksUrl },
      );
      await expectAccepted(own, token('urn:example:single'));
      await own.stop();
    });
  });
});
