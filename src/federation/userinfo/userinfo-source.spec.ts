import type { OidcIssuer } from '../../config/oidc-issuer';
import { ProviderHttp } from '../jwks/provider-http';
import { UserinfoSource } from './userinfo-source';

const ISSUER = { issuer: 'https://idp.example' } as Partial<OidcIssuer> as OidcIssuer;
const METADATA = 'https://idp.example/.well-known/openid-configuration';

/** What the provider answers at each address; tells the addresses that were asked, and with which token. */
function internet(documents: Record<string, unknown>): string[] {
  const asked: string[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((url, options) => {
    const { Authorization: credential } = (options?.headers ?? {}) as Record<string, string>;
    asked.push([url as string, credential].filter(Boolean).join(' '));
    return Promise.resolve(Response.json(documents[url as string]));
  });
  return asked;
}

describe('UserinfoSource', () => {
  let time = 0;
  const source = () => new UserinfoSource(ISSUER, new ProviderHttp(undefined), () => time);
  const at = (endpoint: string) => ({
    [METADATA]: { issuer: ISSUER.issuer, userinfo_endpoint: endpoint },
    [endpoint]: { sub: 'ada' },
  });

  afterEach(() => jest.restoreAllMocks());

  it('sends the token to the endpoint alone, and keeps its address for ten minutes', async () => {
    const endpoint = 'https://idp.example/userinfo';
    const asked = internet(at(endpoint));
    const userinfo = source();
    expect(await userinfo.ask('t1')).toEqual({ sub: 'ada' });
    await userinfo.ask('t2');
    time += 600_001;
    await userinfo.ask('t3');
    const once = [METADATA, `${endpoint} Bearer t1`, `${endpoint} Bearer t2`];
    expect(asked).toEqual([...once, METADATA, `${endpoint} Bearer t3`]);
  });

  it.each([
    'https://169.254.169.254/latest/meta-data',
    'https://127.0.0.1/userinfo',
    'https://localhost/userinfo',
    'https://[::1]/userinfo',
    'https://10.1.2.3/userinfo',
  ])('R31 sends no token into a private network: %s', async (endpoint) => {
    const asked = internet(at(endpoint));
    await expect(source().ask('t')).rejects.toThrow('in a private network');
    expect(asked).toEqual([METADATA]);
  });

  it('R31 sends no token over plain http for an issuer on https', async () => {
    const asked = internet(at('http://idp.example/userinfo'));
    await expect(source().ask('t')).rejects.toThrow('that is not on https');
    expect(asked).toEqual([METADATA]);
  });
});
