import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { flushedLogs } from '../../support/process/flushed-logs';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const OPEN = 'https://open.example';
const LISTED = 'https://listed.example';
const NAMED = 'https://named.example';

/** Which clients' access tokens an issuer's entry lets in. */
describe('listed clients of a provider', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await ProviderStub.start();
    const shared = { jwks_url: stub.jwksUrl, audience: 'api' };
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
          { ...shared, issuer: OPEN },
          { ...shared, issuer: LISTED, clients: ['web', 'cli'] },
          { ...shared, issuer: NAMED, clients: 'web', client_claim: 'cid' },
        ]),
      },
    });
  });

  afterAll(async () => {
    await service?.stop();
    await stub?.stop();
    await database?.drop();
  });

  const access = (iss: string, claims: object) =>
    stub.mint({ ...person(), iss, aud: 'api', scope: 'openid', ...claims });
  const idToken = (iss: string, claims: object = {}) =>
    stub.mint({ ...person(), iss, aud: 'api', ...claims });

  it.each<[string, string, object]>([
    ['client_id', LISTED, { client_id: 'web' }],
    ['another one of the list', LISTED, { client_id: 'cli' }],
    ['azp, without client_id', LISTED, { azp: 'web' }],
    ['client_id beside an azp of another', LISTED, { client_id: 'web', azp: 'other' }],
    ['the claim that is named', NAMED, { cid: 'web' }],
    ['the claim that is named, whatever the others say', NAMED, { cid: 'web', client_id: 'other' }],
    ['no aud: a token of oauth2-mock-server', LISTED, { aud: undefined, client_id: 'web' }],
    ['no aud and no scope', LISTED, { aud: undefined, scope: undefined, azp: 'web' }],
    ['no aud: a token of @jmondi/oauth2-server', NAMED, { aud: undefined, cid: 'web', scope: '' }],
    [
      'no aud: a token of Cognito, whose client is not the audience',
      LISTED,
      { aud: undefined, token_use: 'access', client_id: 'web' },
    ],
    ['any client, where none is listed', OPEN, { client_id: 'other' }],
  ])('R9 lets in by %s', (_what, iss, claims) => expectAccepted(service, access(iss, claims)));

  it.each<[string, string, object]>([
    ['another client', LISTED, { client_id: 'other' }],
    ['another client whose azp is listed', LISTED, { client_id: 'other', azp: 'web' }],
    ['no client', LISTED, {}],
    ['a list of clients', LISTED, { client_id: ['web'] }],
    ['a client that is null, beside a listed azp', LISTED, { client_id: null, azp: 'web' }],
    ['an empty client', LISTED, { client_id: '' }],
    ['another letter case', LISTED, { client_id: 'WEB' }],
    ['client_id, where another claim is named', NAMED, { client_id: 'web', azp: 'web' }],
    ['another client without aud', LISTED, { aud: undefined, client_id: 'other' }],
    ['no client and no aud', LISTED, { aud: undefined }],
    ['a listed client, and another audience', LISTED, { client_id: 'web', aud: 'other' }],
    ['a listed client, and an empty aud', LISTED, { client_id: 'web', aud: '' }],
    ['a listed client, and aud null', LISTED, { client_id: 'web', aud: null }],
    ['a listed client, and an empty list', LISTED, { client_id: 'web', aud: [] }],
    ['no aud, where no clients are listed', OPEN, { aud: undefined, client_id: 'api' }],
    ['an event of security without aud', LISTED, { aud: undefined, client_id: 'web', events: {} }],
    ['a refresh token without aud', LISTED, { aud: undefined, client_id: 'web', token_use: 'refresh' }],
  ])('R9 does not let in: %s', (_what, iss, claims) => expectRefused(service, access(iss, claims)));

  it('R11 an ID token is for its audience, whoever requested it', async () => {
    await expectAccepted(service, idToken(LISTED));
    await expectRefused(service, idToken(LISTED, { aud: 'web', azp: 'web' }));
  });

  it('names the reason in the log', async () => {
    await expectRefused(service, access(LISTED, { client_id: 'other' }));
    const reasons = (await flushedLogs(service)).map(({ reason }) => reason);
    expect(reasons).toContain('unlisted client');
  });

  it('R28 a token of a client alone is known by the claim that is named', async () => {
    const alone = { sub: 'web', email: undefined, email_verified: undefined, name: undefined };
    for (const [iss, claims] of [
      [NAMED, { cid: 'web' }],
      [LISTED, { client_id: 'web' }],
      [LISTED, { azp: 'web', aud: undefined }],
    ] as const) {
      await expectRefused(service, access(iss, { ...alone, ...claims }), 'email-not-verified');
      expect((await flushedLogs(service)).findLast(({ reason }) => reason !== undefined)).toMatchObject({
        reason: 'client',
      });
    }
  });
});
