import { flushedLogs } from '../../support/process/flushed-logs';
import {
  expectAccepted,
  expectRefused,
  expectUndecided,
  type Person,
} from '../../support/tokens/token-outcome';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { me } from '../../support/providers/oidc';
import { person, ProviderStub, type StubMode } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

/** Access tokens without an address, whose users' addresses stand at userinfo (OpenID Connect Core 1.0 section 5.4). */
describe('userinfo of a provider', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  const start = (changes: object = {}) =>
    startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
          { issuer: stub.issuer, audience: 'app', userinfo: true, ...changes },
        ]),
      },
    });

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await ProviderStub.start();
    stub.metadata = { userinfo_endpoint: stub.userinfoUrl };
    service = await start();
  });

  afterAll(async () => {
    await service?.stop();
    await stub?.stop();
    await database?.drop();
  });

  beforeEach(() => {
    stub.userinfoMode = 'good';
    stub.metadata = { userinfo_endpoint: stub.userinfoUrl };
    stub.userinfoAsked.length = 0;
  });

  /** An access token without an address, and what userinfo says about it. */
  function bare(said: Record<string, unknown> = {}, claims: Record<string, unknown> = {}) {
    const user = person();
    const none = { email: undefined, email_verified: undefined, name: undefined };
    const token = stub.mint({ ...none, sub: user.sub, scope: 'openid email', client_id: 'web', ...claims });
    stub.userinfo.set(token, { ...user, ...said });
    return { user, token };
  }

  it('is asked once, at the first sight of a user, and its address makes the account', async () => {
    const { user, token } = bare({ picture: 'https://idp.example/ada.png' });
    const created = await expectAccepted(service, token);
    expect(created).toMatchObject({
      email: user.email,
      name: 'Ada Lovelace',
      email_verified: true,
      avatar_url: 'https://idp.example/ada.png',
    });
    for (let n = 0; n < 5; n++) await expectAccepted(service, token, { id: created.id });
    const next = stub.mint({ sub: user.sub, email: undefined, email_verified: undefined, scope: 'openid' });
    await expectAccepted(service, next, { id: created.id });
    expect(stub.userinfoAsked).toEqual([token]);
  });

  it('links to the account of its address by the rules for a claim, R29 too', async () => {
    const known = person();
    const { id } = await expectAccepted(service, stub.mint(known)); // an ID token, another subject
    const { token } = bare({ email: known.email });
    await expectRefused(service, token, 'identity-conflict');
    const [row] = await database.query<{ count: string }>(
      'SELECT count(*) FROM user_identities WHERE user_id = $1',
      [id],
    );
    expect(row?.count).toBe('1');
  });

  it('R34 is asked once for many first requests with one token at once', async () => {
    const { token } = bare();
    stub.userinfoMode = 'slow';
    const answers = await Promise.all(Array.from({ length: 20 }, () => me(service, token)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ body }: { body: Person }) => body.id)).size).toBe(1);
    expect(stub.userinfoAsked).toEqual([token]);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another subject (section 5.3.2)', { sub: 'another' }, 'userinfo-subject'],
    ['no subject', { sub: undefined }, 'userinfo-subject'],
    ['no address', { email: undefined }, 'no-address'],
    ['an address that is none', { email: 'nobody' }, 'no-address'],
    ['an address that is not verified', { email_verified: false }, 'unverified-false'],
    ['an address that nobody calls verified', { email_verified: undefined }, 'unverified-missing'],
    ['a text for the proof', { email_verified: 'true' }, 'unverified-form'],
  ])('R28 lets nobody in that says %s', async (_what, said, reason) => {
    const { token } = bare(said);
    await expectRefused(service, token, 'email-not-verified');
    const lines = (await flushedLogs(service)).filter((line) => line.reason === reason);
    expect(lines.length).toBeGreaterThan(0);
  });

  it('R28 lets nobody in when the provider does not accept the token', async () => {
    const { token } = bare();
    stub.userinfoMode = 'refuse-token';
    await expectRefused(service, token, 'email-not-verified');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['an ID token', { scope: undefined, client_id: undefined }, 'email-not-verified'],
    [
      'an address that the provider calls unverified',
      { email: 'a@example.com', email_verified: false },
      'email-not-verified',
    ],
    ['an address without a proof', { email: 'a@example.com' }, 'email-not-verified'],
    ['a token of a client alone', { sub: 'web' }, 'email-not-verified'],
    ['another audience', { aud: 'other' }, 'invalid-token'],
    ['an expired token', { exp: 1 }, 'invalid-token'],
  ])('is not asked about %s', async (_what, claims, code) => {
    const { token } = bare({}, claims);
    await expectRefused(service, token, code as 'invalid-token');
    expect(stub.userinfoAsked).toEqual([]);
  });

  it('is not asked with a forged token', async () => {
    const { token } = bare();
    const [head, payload] = token.split('.');
    await expectRefused(service, `${head}.${payload}.${stub.mint().split('.')[2]}`);
    expect(stub.userinfoAsked).toEqual([]);
  });

  it.each<[StubMode, string, string | RegExp]>([
    ['refuse', 'connection', /^cannot be reached/],
    ['hang', 'timeout', 'did not answer in time'],
    ['drip', 'timeout', 'did not answer in time'],
    ['huge', 'size', 'answered more than 1048576 bytes'],
    ['malformed', 'json', 'answered with something else than JSON'],
    ['error', 'status', 'answered 500'],
    ['redirect', 'redirect', /^answered 302, a redirect to /],
  ])('R65 is an outage within 5 s when it does this: %s', async (mode, cause, detail) => {
    const { token } = bare();
    stub.userinfoMode = mode;
    const start = Date.now();
    await expectUndecided(service, token);
    expect(Date.now() - start).toBeLessThan(10_000); // two requests
    const line = (await flushedLogs(service)).findLast(({ msg }) => msg === 'userinfo out of reach');
    expect(line).toMatchObject({ issuer: stub.issuer, url: stub.userinfoUrl, cause });
    expect(line?.detail).toEqual(typeof detail === 'string' ? detail : expect.stringMatching(detail));
    // A redirect is not followed, and takes no token anywhere.
    expect(new Set(stub.userinfoAsked)).toEqual(new Set([token]));
    stub.userinfoMode = 'good';
    await expectAccepted(service, token);
  });

  it.each<[string, unknown, string]>([
    ['names none', undefined, 'names no userinfo endpoint'],
    ['names no address', 'somewhere', 'names no userinfo endpoint'],
    [
      'names a file',
      'file:///etc/passwd',
      'names a userinfo endpoint that is not on https: file:///etc/passwd',
    ],
  ])('is an outage when the metadata %s', async (_what, endpoint, detail) => {
    const { token } = bare();
    stub.userinfoMode = 'error'; // the metadata is read anew after a failure
    await expectUndecided(service, token);
    stub.metadata = { userinfo_endpoint: endpoint };
    await expectUndecided(service, token);
    const line = (await flushedLogs(service)).findLast(({ msg }) => msg === 'userinfo out of reach');
    expect(line).toMatchObject({ detail });
  });

  it('is found by discovery also where the address of the key set is set', async () => {
    const own = await start({ jwks_url: stub.jwksUrl });
    await expectAccepted(own, bare().token);
    await own.stop();
  });

  it('is not asked unless it is configured', async () => {
    const own = await start({ userinfo: false });
    await expectRefused(own, bare().token, 'email-not-verified');
    expect(stub.userinfoAsked).toEqual([]);
    await own.stop();
  });

  it('while it hangs, known users and our own are answered, and R62 the log holds no token', async () => {
    const known = person();
    const token = stub.mint(known);
    await expectAccepted(service, token);
    stub.userinfoMode = 'hang';
    const waiting = Array.from({ length: 30 }, () => me(service, bare().token));
    await expectAccepted(service, token);
    const answers = await Promise.all(waiting);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    expect(stub.userinfoAsked.length).toBeLessThanOrEqual(20);
    for (const asked of stub.userinfoAsked) expect(service.output()).not.toContain(asked);
  });
});
