import { Journal, refusalOf } from '../../../test/support/unit/journal';
import type { FederationConfig } from '../../config/federation.config';
import { STRICT_RULES, type OidcIssuer } from '../../config/oidc-issuer';
import type { EmailFault, ExternalProfile } from '../../identity/external-profile';
import type { ProviderHttp } from '../jwks/provider-http';
import { ProviderReadError } from '../jwks/provider-read-error';
import type { CheckedClaims } from '../map-claims';
import type { UnexpectedClaims } from '../unexpected-claims';
import { UserinfoService } from './userinfo.service';

const IDP = 'https://idp.example';
const ISSUER = {
  ...STRICT_RULES,
  issuer: IDP,
  userinfo: true,
  trustEmail: false,
  claims: { email: 'email', emailVerified: 'email_verified', name: 'name', picture: 'picture' },
} as Partial<OidcIssuer> as OidcIssuer;
const PROFILE = { emailFault: 'no-address', verifiedEmail: undefined } as ExternalProfile;
const CLAIMS = { sub: '4711', iat: 1, exp: 2 };
const ADDRESS = { email: 'Ada@Example.com', email_verified: true, name: 'Ada' };

function offer({
  kind = 'access',
  claims = {},
  fault = 'no-address',
  issuer = ISSUER,
  userinfo = { sub: '4711', ...ADDRESS },
}: {
  kind?: 'id' | 'access';
  claims?: object;
  fault?: EmailFault | undefined;
  issuer?: OidcIssuer;
  userinfo?: object | Error;
} = {}) {
  const journal = new Journal();
  const service = new UserinfoService(
    { issuers: [ISSUER] } as unknown as FederationConfig,
    journal.fake<ProviderHttp>('http', {
      json: (url) => {
        if (!url.endsWith('/userinfo'))
          return Promise.resolve({ issuer: IDP, userinfo_endpoint: `${IDP}/userinfo` });
        return userinfo instanceof Error ? Promise.reject(userinfo) : Promise.resolve(userinfo);
      },
    }),
    { of: () => () => undefined } as Partial<UnexpectedClaims> as UnexpectedClaims,
  );
  const warned = jest.spyOn(service['logger'], 'warn').mockReturnValue(undefined);
  const checked = { kind, claims: { ...CLAIMS, ...claims }, subject: '4711' } as CheckedClaims;
  const profile = service.offer({ ...PROFILE, emailFault: fault }, checked, 'the token', issuer);
  return { journal, profile, warned };
}

describe('UserinfoService', () => {
  it('asks nobody before a new user has to be made', () => {
    const { journal, profile } = offer();
    expect(profile.complete).toBeDefined();
    expect(journal.acts).toEqual([]);
  });

  it('takes the address from the provider, with the access token and nothing else', async () => {
    const { journal, profile } = offer();
    expect(await profile.complete?.()).toMatchObject({ verifiedEmail: 'ada@example.com', name: 'Ada' });
    expect(journal.given('http.json').map(([url, , token]) => [url, token])).toEqual([
      [`${IDP}/.well-known/openid-configuration`, undefined],
      [`${IDP}/userinfo`, 'the token'],
    ]);
  });

  it.each<[string, Parameters<typeof offer>[0]]>([
    ['an ID token', { kind: 'id' }],
    ['an access token with an address', { claims: { email: 'ada@example.com' } }],
    ['an address that is not verified', { fault: 'unverified-false' }],
    ['a token of a client', { fault: 'client' }],
    ['an issuer where it is not configured', { issuer: { ...ISSUER, issuer: 'https://other.example' } }],
  ])('is not asked for %s', (_what, given) => {
    expect(offer(given).profile.complete).toBeUndefined();
  });

  it.each([null, ''])('counts %p as no address', (email) => {
    expect(offer({ claims: { email } }).profile.complete).toBeDefined();
  });

  it('uses nothing of another subject (OpenID Connect Core 1.0 section 5.3.2)', async () => {
    const { profile } = offer({ userinfo: { ...ADDRESS, sub: '4712' } });
    expect(await profile.complete?.()).toMatchObject({
      emailFault: 'userinfo-subject',
      verifiedEmail: undefined,
    });
  });

  it('R28 takes no address that the provider does not call verified', async () => {
    const { profile } = offer({ userinfo: { ...ADDRESS, sub: '4711', email_verified: false } });
    expect(await profile.complete?.()).toMatchObject({
      verifiedEmail: undefined,
      emailFault: 'unverified-false',
    });
  });

  it('leaves a user without an address whose token the provider does not take', async () => {
    const refused = new ProviderReadError('status', `${IDP}/userinfo`, 'answered 401', { status: 401 });
    const { profile } = offer({ userinfo: refused });
    expect(await profile.complete?.()).toMatchObject({ emailFault: 'no-address' });
  });

  it('D8 is an outage when the provider cannot be asked, and the log does not hold the token', async () => {
    const { profile, warned } = offer({ userinfo: new ProviderReadError('timeout', IDP, 'took too long') });
    expect(await refusalOf(profile.complete!())).toMatchObject({
      code: 'service-unavailable',
      retryAfterSeconds: 3,
    });
    expect(warned).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warned.mock.calls)).not.toContain('the token');
  });
});
