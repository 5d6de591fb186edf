import { send } from '../../support/http/http';
import { expectAccepted, expectRefused, type Person } from '../../support/tokens/token-outcome';
import { startOidcService } from '../../support/providers/oidc';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { ProviderStub } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
const AUTH0 = 'https://tenant.eu.auth0.com/';
const ENTRA = 'https://login.microsoftonline.com/aaaabbbb-0000-cccc-1111-dddd2222eeee/v2.0';
const KEYCLOAK = 'https://sso.example.com/realms/promptstack';
const GOOGLE = 'https://accounts.google.com';
const HOMEMADE = 'https://id.partner.example';
const TRUSTED = 'https://id.trusted.example';

/** Tokens as the providers document them; each signed by a stub whose keys stand for the provider's. */
describe('providers and their ways', () => {
  let database: TestDatabase;
  let stub: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    stub = await ProviderStub.start();
    const shared = { jwks_url: stub.jwksUrl };
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
          { ...shared, issuer: COGNITO, audience: '1example23456789', groups_claim: 'cognito:groups' },
          {
            ...shared,
            issuer: AUTH0,
            audience: ['https://api.promptstack.example', 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja'],
            groups_claim: 'https://promptstack.example/groups',
          },
          {
            ...shared,
            issuer: ENTRA,
            audience: '00001111-aaaa-2222-bbbb-3333cccc4444',
            trust_email: true,
            groups_claim: 'groups',
            group_mapping: { '11112222-bbbb-3333-cccc-4444dddd5555': 'eng' },
          },
          {
            ...shared,
            issuer: KEYCLOAK,
            audience: 'promptstack',
            groups_claim: 'realm_access.roles',
            domains_claim: 'groups',
          },
          {
            ...shared,
            issuer: GOOGLE,
            audience: ['web.apps.googleusercontent.com', 'android.apps.googleusercontent.com'],
          },
          {
            ...shared,
            issuer: HOMEMADE,
            audience: 'app',
            email_claim: 'https://partner.example/email',
            email_verified_claim: 'https://partner.example/email_verified',
            name_claim: 'profile.display_name',
            picture_claim: 'profile.photo',
          },
          { ...shared, issuer: TRUSTED, audience: 'app', trust_email: true },
        ]),
      },
    });
  });

  afterAll(async () => {
    await service?.stop();
    await stub?.stop();
    await database?.drop();
  });

  const teamsOf = ({ teams }: Person) => teams.map(({ name }) => name);
  const now = () => Math.floor(Date.now() / 1000);
  /** A token with these claims, the times, and nothing else. */
  const token = (claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
    stub.mint(
      {
        aud: undefined,
        sub: undefined,
        email: undefined,
        email_verified: undefined,
        name: undefined,
        ...claims,
      },
      { header },
    );

  describe('Cognito', () => {
    const id = () => ({
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['eng', 'test-group-b'],
      email_verified: true,
      iss: COGNITO,
      'cognito:username': 'my-test-user',
      origin_jti: '11111111-2222-3333-4444-555555555555',
      aud: '1example23456789',
      event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
      token_use: 'id',
      auth_time: now() - 10,
      jti: 'aaaaaaaa-1111-2222-3333-444444444444',
      email: 'my-test-user@example.com',
    });
    const access = () => ({
      sub: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      'cognito:groups': ['eng', 'test-group-b'],
      iss: COGNITO,
      version: 2,
      client_id: '1example23456789',
      origin_jti: '11111111-2222-3333-4444-555555555555',
      event_id: '64f513be-32db-42b0-b78e-b02127b4f463',
      token_use: 'access',
      scope: 'phone openid profile resourceserver.1/appclient2 email',
      auth_time: now() - 10,
      jti: 'aaaaaaaa-1111-2222-3333-444444444444',
      username: 'my-test-user',
    });
    /** Cognito names no type in the header. */
    const header = { typ: undefined };

    it('an ID token makes the account, and the access token, without aud and email, then is the same person', async () => {
      await expectRefused(service, token(access(), header), 'email-not-verified');
      const user = await expectAccepted(service, token(id(), header));
      expect(user).toMatchObject({ email: 'my-test-user@example.com', name: 'my-test-user' });
      expect(teamsOf(user)).toEqual(['Engineering', 'General']);
      expect(await expectAccepted(service, token(access(), header))).toEqual(user);
    });

    it('an access token of another app client is refused', () =>
      expectRefused(service, token({ ...access(), client_id: 'another' }, header)));

    it('a person who left the last group, whose tokens then list none, leaves the team', async () => {
      const { 'cognito:groups': _groups, ...rest } = id();
      expect(teamsOf(await expectAccepted(service, token(rest, header)))).toEqual(['General']);
    });
  });

  describe('Auth0', () => {
    it('an ID token, its issuer with the slash at the end, and namespaced groups', async () => {
      const claims = {
        iss: AUTH0,
        aud: 'K1AUPhZq8mRi0Q0pjhkfu1D7y6KjDQja',
        sub: 'auth0|6553da60a54af58e29493993',
        nickname: 'jane',
        name: 'Jane Doe',
        picture: 'https://s.gravatar.com/avatar/0.png',
        updated_at: '2026-11-23T09:30:00.000Z',
        email: 'jane@example.com',
        email_verified: true,
        sid: 'aBcD',
        'https://promptstack.example/groups': ['eng'],
      };
      const user = await expectAccepted(service, token(claims));
      expect(user).toMatchObject({ name: 'Jane Doe', avatar_url: 'https://s.gravatar.com/avatar/0.png' });
      expect(teamsOf(user)).toEqual(['Engineering', 'General']);
      await expectRefused(service, token({ ...claims, iss: AUTH0.slice(0, -1) }));
    });

    it('an access token for the API and for userinfo, with azp', async () => {
      const claims = {
        iss: AUTH0,
        sub: 'auth0|6553da60a54af58e29493993',
        aud: ['https://api.promptstack.example', 'https://tenant.eu.auth0.com/userinfo'],
        azp: 'another-client',
        scope: 'openid profile email',
        'https://promptstack.example/groups': ['eng'],
      };
      expect((await expectAccepted(service, token(claims))).email).toBe('jane@example.com');
      await expectRefused(service, token({ ...claims, scope: undefined })); // as an ID token, it is for others too
    });
  });

  describe('Entra', () => {
    const id = () => ({
      aud: '00001111-aaaa-2222-bbbb-3333cccc4444',
      iss: ENTRA,
      nbf: now() - 5,
      name: 'Casey Jensen',
      oid: 'bbbbbbbb-1111-2222-3333-cccccccccccc',
      preferred_username: 'casey@contoso.com',
      rh: '0.ARoA',
      sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
      tid: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
      ver: '2.0',
      groups: ['11112222-bbbb-3333-cccc-4444dddd5555', '99998888-bbbb-3333-cccc-4444dddd5555'],
    });

    it('an ID token without email and email_verified, where its addresses are trusted', async () => {
      const user = await expectAccepted(service, token(id()));
      expect(user).toMatchObject({ email: 'casey@contoso.com', name: 'Casey Jensen' });
      expect(teamsOf(user)).toEqual(['Engineering', 'General']);
    });

    it('an access token of version 2, with scp and azp', async () => {
      const { nbf, oid, preferred_username, sub, tid, iss, aud, groups } = id();
      const claims = {
        nbf,
        oid,
        preferred_username,
        sub,
        tid,
        iss,
        aud,
        groups,
        azp: 'spa',
        azpacr: '0',
        scp: 'access_as_user',
        ver: '2.0',
      };
      expect((await expectAccepted(service, token(claims))).email).toBe('casey@contoso.com');
    });

    it('an issuer of another tenant is refused', () =>
      expectRefused(service, token({ ...id(), iss: ENTRA.replace('aaaabbbb', 'bbbbaaaa') })));

    it('without that trust, its tokens make nothing', async () => {
      const strict = await startOidcService(
        database,
        { issuer: ENTRA },
        {
          AUTH_OIDC_AUDIENCE: '00001111-aaaa-2222-bbbb-3333cccc4444',
          AUTH_OIDC_JWKS_URL: stub.jwksUrl,
        },
      );
      const other = { ...id(), sub: 'another', preferred_username: 'other@contoso.com' };
      await expectRefused(strict, token(other), 'email-not-verified');
      await expectRefused(strict, token({ ...other, email: 'other@contoso.com' }), 'email-not-verified');
      await strict.stop();
    });
  });

  describe('Keycloak', () => {
    const common = () => ({
      iss: KEYCLOAK,
      jti: 'd58f5dc8-fd8f-462b-8a19-716f8f83985b',
      sub: '36fa0f91-f94d-4a0c-afed-6b7d952e47da',
      azp: 'promptstack',
      sid: '2a88c258-f73a-4103-b862-e1fbd8f4e04e',
      acr: '1',
      email_verified: true,
      name: 'Grace Hopper',
      preferred_username: 'grace',
      given_name: 'Grace',
      family_name: 'Hopper',
      email: 'grace@example.com',
      realm_access: { roles: ['offline_access', 'default-roles-promptstack', 'eng'] },
      groups: ['sales'],
    });

    it('an ID token with azp, realm roles as teams and groups as domains', async () => {
      const user = await expectAccepted(service, token({ ...common(), aud: 'promptstack', typ: 'ID' }));
      expect(teamsOf(user)).toEqual(['Engineering', 'General']);
      expect(user.domains.map(({ key }) => key)).toEqual(['engineering', 'sales']);
    });

    it('an access token with its audience mapper', async () => {
      const access = {
        ...common(),
        aud: ['promptstack', 'account'],
        azp: 'web-app',
        typ: 'Bearer',
        'allowed-origins': ['https://app.example.com'],
        resource_access: { account: { roles: ['manage-account'] } },
        scope: 'openid email profile',
      };
      expect((await expectAccepted(service, token(access))).email).toBe('grace@example.com');
      await expectRefused(service, token({ ...access, aud: 'account' }));
    });

    it('a logout token is refused', () =>
      expectRefused(
        service,
        token({
          ...common(),
          aud: 'promptstack',
          typ: 'Logout',
          events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
        }),
      ));
  });

  describe('Google', () => {
    const id = () => ({
      azp: 'android.apps.googleusercontent.com',
      aud: 'web.apps.googleusercontent.com',
      sub: '110169484474386276334',
      hd: 'example.com',
      email: 'testuser@example.com',
      email_verified: true,
      name: 'Test User',
      picture: 'https://lh4.googleusercontent.com/-kYgzyAWpZzJ/photo.jpg',
      given_name: 'Test',
      family_name: 'User',
    });

    it('both spellings of the issuer are one provider', async () => {
      const first = await expectAccepted(service, token({ ...id(), iss: 'https://accounts.google.com' }));
      const second = await expectAccepted(service, token({ ...id(), iss: 'accounts.google.com' }));
      expect(second).toEqual(first);
      expect(
        await database.query('SELECT issuer FROM user_identities WHERE subject = $1', [id().sub]),
      ).toEqual([{ issuer: 'https://accounts.google.com' }]);
    });

    it.each([
      'https://accounts.google.com/',
      'http://accounts.google.com',
      'https://www.accounts.google.com',
    ])('no other spelling is: %s', (iss) => expectRefused(service, token({ ...id(), iss })));

    it('a client that is not listed is refused as azp', () =>
      expectRefused(service, token({ ...id(), iss: GOOGLE, azp: 'ios.apps.googleusercontent.com' })));
  });

  describe('a provider with claims of its own', () => {
    const claims = {
      iss: HOMEMADE,
      aud: 'app',
      sub: '7',
      'https://partner.example/email': 'Mary@Partner.example',
      'https://partner.example/email_verified': true,
      profile: { display_name: 'Mary Jackson', photo: 'https://partner.example/mary.png' },
    };

    it('tells a person by the claims that are named for it', async () => {
      expect(await expectAccepted(service, token(claims))).toMatchObject({
        email: 'mary@partner.example',
        name: 'Mary Jackson',
        avatar_url: 'https://partner.example/mary.png',
      });
    });

    it('R28 is not believed by the standard ones in their place', async () => {
      const standard = { ...claims, sub: '8', email: 'eve@partner.example', email_verified: true };
      await expectRefused(
        service,
        token({ ...standard, 'https://partner.example/email_verified': 'true' }),
        'email-not-verified',
      );
      await expectRefused(
        service,
        token({ ...standard, 'https://partner.example/email': undefined }),
        'email-not-verified',
      );
    });
  });

  it('R28 a sign-in name that people choose stands in for no address, where addresses are trusted too', async () => {
    const claims = { iss: TRUSTED, aud: 'app', sub: 'mallory', preferred_username: 'ceo@trusted.example' };
    await expectRefused(service, token(claims), 'email-not-verified');
    await expectRefused(service, token({ ...claims, email: ['x'], tid: 'tenant' }), 'email-not-verified');
    expect((await expectAccepted(service, token({ ...claims, email: 'm@trusted.example' }))).email).toBe(
      'm@trusted.example',
    );
  });

  it('R4 each issuer has its own audiences', async () => {
    const claims = { iss: KEYCLOAK, sub: 'x', email: 'x@example.com', email_verified: true };
    await expectRefused(service, token({ ...claims, aud: 'web.apps.googleusercontent.com' }));
  });

  it('the OpenAPI document offers a scheme for each issuer', async () => {
    const { body } = await send<{
      components: { securitySchemes: Record<string, { type: string; openIdConnectUrl?: string }> };
      paths: Record<string, Record<string, { security: unknown[] }>>;
    }>(service, 'GET', '/openapi.json');
    const schemes = Object.values(body.components.securitySchemes).filter(
      ({ type }) => type === 'openIdConnect',
    );
    expect(schemes.map(({ openIdConnectUrl }) => openIdConnectUrl)).toEqual(
      [COGNITO, AUTH0.slice(0, -1), ENTRA, KEYCLOAK, GOOGLE, HOMEMADE, TRUSTED].map(
        (issuer) => `${issuer}/.well-known/openid-configuration`,
      ),
    );
    expect(body.paths['/auth/me']?.get?.security).toContainEqual({ providerToken5: [] });
    expect(body.paths['/auth/login']?.post?.security).toEqual([]);
  });

  it('the documentation page may ask the issuers about themselves', async () => {
    const { headers } = await send(service, 'GET', '/docs');
    expect(headers.get('content-security-policy')).toContain(`connect-src 'self' https://cognito-idp`);
  });
});
