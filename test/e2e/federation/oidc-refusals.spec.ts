import { randomBytes } from 'node:crypto';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { validate } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';
import { encode } from '../../support/tokens/tokens';

const PLAIN = 'https://plain.example';
const TRUSTED = 'https://trusted.example';
const ALWAYS = 'https://always.example';
const TEXTS = 'https://texts.example';

/** What users, operators of providers and our own operators are told about tokens of real providers that are refused. */
describe('refused tokens of providers', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await ProviderStub.start();
    const shared = { jwks_url: stub.jwksUrl, audience: 'app' };
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
          { ...shared, issuer: PLAIN },
          { ...shared, issuer: TRUSTED, trust_email: true },
          { ...shared, issuer: ALWAYS, trust_email: 'always' },
          { ...shared, issuer: TEXTS, email_verified_text: true },
        ]),
      },
    });
  });

  afterAll(async () => {
    await service?.stop();
    await stub?.stop();
    await database?.drop();
  });

  const token = (iss: string, claims: object = {}) => stub.mint({ ...person(), iss, ...claims });

  /** The sentence of `POST /auth/validate` and of a guarded route, and the lines of the log about both. */
  async function told(text: string) {
    const known = (await flushedLogs(service)).length;
    const judged = await validate(service, text);
    const guarded = await send<{ detail: string; code: string }>(service, 'GET', '/auth/me', {
      headers: bearer(text),
    });
    expect(judged).toMatchObject({ status: 200, body: { valid: false, user: null } });
    expect(guarded.status).toBe(401);
    const lines = (await flushedLogs(service)).slice(known).filter(({ reason }) => reason !== undefined);
    return {
      error: judged.body.error,
      detail: guarded.body.detail,
      code: guarded.body.code,
      reasons: [...new Set(lines.map(({ reason }) => reason))],
      advice: [...new Set(lines.map(({ advice }) => advice))],
    };
  }

  describe('the form of a token', () => {
    const unsigned = encode({ alg: 'none', typ: 'JWT' });
    const firebase = () =>
      `${unsigned}.${encode({ ...person(), ...stub.frame(), iss: 'https://securetoken.google.com/demo', aud: 'demo', firebase: { sign_in_provider: 'password' } })}.`;

    it.each<[string, () => string, string, RegExp]>([
      [
        'opaque: an access token of oidc-provider without a resource',
        () => randomBytes(32).toString('base64url'),
        'opaque',
        /send the ID token, or have the provider issue JWTs/,
      ],
      ['unsigned: a token of the Firebase emulator', firebase, 'unsigned', /have the provider sign/],
      [
        'too-long: an access token with hundreds of groups',
        () => token(PLAIN, { groups: Array.from({ length: 270 }, (_, n) => `${n}-`.padEnd(36, 'x')) }),
        'too-long',
        /fewer groups/,
      ],
    ])('R7 R15 %s', async (_what, make, reason, advice) => {
      const answer = await told(make());
      expect(answer).toMatchObject({ code: 'invalid-token', reasons: [reason] });
      expect(answer.advice).toEqual([expect.stringMatching(advice)]);
      expect(answer.error).toBe('Invalid or expired token');
    });

    it('form: an encrypted token', async () => {
      const answer = await told(`${encode({ alg: 'RSA-OAEP', enc: 'A256GCM' })}.a.b.c.d`);
      expect(answer).toMatchObject({ reasons: ['form'], advice: [undefined] });
    });

    it('R15 a token of 12 KiB passes, in the header of a guarded route and in the body of validate', async () => {
      const bare = token(PLAIN, { padding: '' });
      const room = Math.floor(((12 * 1024 - bare.length) * 3) / 4) - 2;
      const long = token(PLAIN, { padding: 'x'.repeat(room) });
      expect(long.length).toBeGreaterThan(12 * 1024 - 10);
      expect(long.length).toBeLessThanOrEqual(12 * 1024);
      await expectAccepted(service, long);
    });
  });

  describe('the address', () => {
    it.each<[string, string, object, string]>([
      [
        'no address: an access token of Keycloak without the scope',
        PLAIN,
        { email: undefined },
        'no-address',
      ],
      ['no address, and none verified', PLAIN, { email: undefined, email_verified: undefined }, 'no-address'],
      ['no address: an empty one of Zitadel', PLAIN, { email: '' }, 'no-address'],
      ['no address, though trusted', TRUSTED, { email: undefined, email_verified: undefined }, 'no-address'],
      [
        'not verified: an ID token of Better Auth (emailVerified)',
        PLAIN,
        { email_verified: undefined, emailVerified: true },
        'unverified-missing',
      ],
      ['not verified: null', PLAIN, { email_verified: null }, 'unverified-missing'],
      ['not verified: a new user of Keycloak', PLAIN, { email_verified: false }, 'unverified-false'],
      [
        'not verified, though missing ones are trusted',
        TRUSTED,
        { email_verified: false },
        'unverified-false',
      ],
      ['not verified: a text of Cognito’s trigger', PLAIN, { email_verified: 'true' }, 'unverified-form'],
      [
        'not verified: a text where missing ones are trusted',
        TRUSTED,
        { email_verified: 'false' },
        'unverified-form',
      ],
      ['not verified: a number', TEXTS, { email_verified: 1 }, 'unverified-form'],
      [
        'not verified: the text false where texts count',
        TEXTS,
        { email_verified: 'false' },
        'unverified-false',
      ],
    ])('R28 %s', async (_what, iss, claims, reason) => {
      const answer = await told(token(iss, claims));
      expect(answer).toMatchObject({ code: 'email-not-verified', reasons: [reason] });
      expect(answer.error).toBe(answer.detail);
      expect(answer.detail).toMatch(
        reason === 'no-address'
          ? /contains no e-mail address.*operator of the identity provider to put email and email_verified/
          : /does not say that your e-mail address is verified.*operator of the provider must send email_verified/,
      );
      const audited = (await flushedLogs(service)).findLast(({ msg }) => msg === 'auth.identity.refused');
      expect(audited).toMatchObject({ issuer: iss, code: 'email-not-verified', reason });
    });

    it.each([
      ['oidc-provider', { sub: 'machine', client_id: 'machine', scope: 'read' }],
      ['Keycloak, in azp', { sub: 'machine', azp: 'machine', scope: 'profile' }],
    ])('client: a token of client_credentials of %s', async (_what, claims) => {
      const alone = { email: undefined, email_verified: undefined, name: undefined };
      const answer = await told(token(PLAIN, { ...alone, ...claims }));
      expect(answer).toMatchObject({ code: 'email-not-verified', reasons: ['client'] });
      expect(answer.detail).toMatch(/issued to a client .*not to a user/);
    });

    it('of a user who is known is not looked at', async () => {
      const user = person();
      const { id } = await expectAccepted(service, token(PLAIN, user));
      for (const claims of [{ email: undefined }, { email_verified: false }, { email_verified: 'x' }]) {
        await expectAccepted(service, token(PLAIN, { ...user, ...claims }), { id });
      }
    });
  });

  describe('trust_email', () => {
    it.each([
      ['true: a missing email_verified', TRUSTED, { email_verified: undefined }],
      ['true: null', TRUSTED, { email_verified: null }],
      ['true: a true one', TRUSTED, { email_verified: true }],
      ['always: a missing one', ALWAYS, { email_verified: undefined }],
      ['always: a false one, of a federated user of Keycloak', ALWAYS, { email_verified: false }],
    ])('"%s" lets in', (_what, iss, claims) => expectAccepted(service, token(iss, claims)));

    it.each([
      ['a token without an address', { email: undefined }],
      ['an address that is none', { email: 'nobody' }],
      ['a token of another audience', { aud: 'other' }],
      ['a token of another client', { azp: 'other' }],
    ])('"always" does not let in %s', async (_what, claims) => {
      await expectRefused(
        service,
        token(ALWAYS, { email_verified: false, ...claims }),
        'email' in claims ? 'email-not-verified' : 'invalid-token',
      );
    });

    it('"true" links nobody to the account of an address that the provider calls unverified', async () => {
      const victim = person();
      await expectAccepted(service, token(PLAIN, victim));
      const attempt = token(TRUSTED, { email: victim.email, email_verified: false });
      await expectRefused(service, attempt, 'email-not-verified');
    });
  });
});
