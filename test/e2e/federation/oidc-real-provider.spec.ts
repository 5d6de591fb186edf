import { setTimeout as sleep } from 'node:timers/promises';
import {
  startIdentityProvider,
  IDP_API,
  IDP_CLIENT_ID,
  type IdentityProvider,
} from '@promptstack/dev-services/identity-provider';
import { expectAccepted, expectRefused, expectUndecided } from '../../support/tokens/token-outcome';
import { eventually } from '../../support/process/eventually';
import { me, startOidcService } from '../../support/providers/oidc';
import { ProviderStub, type StubKey } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const ADA = { sub: 'ada', email: 'ada@example.com', name: 'Ada Lovelace', groups: ['eng', 'product'] };
const GRACE = { sub: 'grace', email: 'grace@example.com', name: 'Grace Hopper', groups: ['design'] };

/** The certified oidc-provider: discovery, keys, a sign-in by the code flow, rotation, an outage. */
describe('a real OpenID provider', () => {
  let database: TestDatabase;
  let provider: IdentityProvider;
  let service: Service;

  beforeAll(async () => {
    jest.spyOn(console, 'warn').mockReturnValue(); // it says, at each start, that it is for development
    jest.spyOn(console, 'info').mockReturnValue();
    database = await createTestDatabase();
  });

  afterAll(() => database.drop());

  beforeEach(async () => {
    provider = await startIdentityProvider([ADA, GRACE]);
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUER: provider.issuer,
        AUTH_OIDC_AUDIENCE: `${IDP_CLIENT_ID},${IDP_API}`,
        AUTH_OIDC_GROUPS_CLAIM: 'groups',
        AUTH_OIDC_JWKS_CACHE_SECONDS: '1', // a provider that is back is noticed when the set is renewed
      },
    });
  });

  afterEach(async () => {
    await service.stop();
    await provider.stop();
  });

  it('signs people in: their ID and their access tokens are good, and their groups are their teams', async () => {
    const { idToken, accessToken } = await provider.signIn('ada');
    const ada = await expectAccepted(service, idToken);
    expect(ada).toMatchObject({ email: ADA.email, name: ADA.name });
    expect(ada.teams.map(({ name }) => name)).toEqual(['Engineering', 'General', 'Product']);
    expect(await expectAccepted(service, accessToken)).toEqual(ada);
    const grace = await expectAccepted(service, (await provider.signIn('grace')).accessToken);
    expect(grace.teams.map(({ name }) => name)).toEqual(['Design', 'General']);
  });

  it('changes its keys: new tokens are good at once, those of the old key are not', async () => {
    const { idToken: old } = await provider.signIn('ada');
    await expectAccepted(service, old);
    await provider.rotateKeys();
    const { idToken } = await provider.signIn('ada');
    await expectAccepted(service, idToken);
    await expectRefused(service, old);
  });

  it('stops: tokens of known keys pass, others are undecided; back with new keys, it is believed again', async () => {
    const { idToken: known } = await provider.signIn('ada');
    await expectAccepted(service, known);
    const { port } = new URL(provider.issuer);
    await provider.stop();
    await expectAccepted(service, known);
    provider = await startIdentityProvider([ADA, GRACE], Number(port));
    const { idToken: unknown } = await provider.signIn('ada');
    await provider.stop();
    await expectUndecided(service, unknown);
    await expectAccepted(service, known);
    provider = await startIdentityProvider([ADA, GRACE], Number(port));
    const { idToken: fresh } = await provider.signIn('ada');
    await eventually(
      'the new keys are known',
      async () => (await me(service, fresh)).status === 200 || undefined,
    );
  });

  it('R32 with its key set refused, malformed, huge or dripping, its tokens are undecided; with a slow one they are good', async () => {
    const { keys } = (await (await fetch(`${provider.issuer}/jwks`)).json()) as { keys: StubKey['jwk'][] };
    const inFront = await ProviderStub.start();
    inFront.keys = keys.map((jwk) => ({ ...(inFront.keys[0] as StubKey), jwk }));
    const behind = await startOidcService(database, provider, {
      AUTH_OIDC_AUDIENCE: IDP_CLIENT_ID,
      AUTH_OIDC_JWKS_URL: inFront.jwksUrl,
    });
    const { idToken } = await provider.signIn('ada');
    for (const mode of ['refuse', 'malformed', 'huge', 'drip'] as const) {
      inFront.mode = mode;
      const { status, headers } = await me(behind, idToken);
      expect([mode, status]).toEqual([mode, 503]);
      await sleep(Number(headers.get('retry-after')) * 1_000);
    }
    inFront.mode = 'slow';
    await expectAccepted(behind, idToken);
    await behind.stop();
    await inFront.stop();
  });
});
