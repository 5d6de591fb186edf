import { generateKeyPairSync } from 'node:crypto';
import {
  PROVIDER_ALGORITHMS,
  STANDARD_CLAIMS,
  STRICT_RULES,
  type OidcIssuer,
} from '../../config/oidc-issuer';
import { fetchJwks } from './jwks-source';
import { ProviderHttp } from './provider-http';

const ISSUER: OidcIssuer = {
  source: { issuer: 'AUTH_OIDC_ISSUER', jwksUrl: 'AUTH_OIDC_JWKS_URL', algorithms: 'AUTH_OIDC_ALGORITHMS' },
  issuer: 'https://idp.example',
  spellings: ['https://idp.example'],
  audiences: ['app'],
  jwksUrl: undefined,
  algorithms: PROVIDER_ALGORITHMS,
  tokenUse: 'any',
  ...STRICT_RULES,
  trustEmail: false,
  claims: STANDARD_CLAIMS,
  groups: undefined,
  domains: undefined,
};
const JWK = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }),
  kid: 'k',
};

/** An internet that holds these documents; answers the addresses that were asked for. */
function internet(documents: Record<string, unknown>): string[] {
  const asked: string[] = [];
  jest.spyOn(globalThis, 'fetch').mockImplementation((url) => {
    asked.push(url as string);
    return Promise.resolve(Response.json(documents[url as string]));
  });
  return asked;
}

const DIRECT = new ProviderHttp(undefined);

describe('readKeySet', () => {
  const metadataUrl = 'https://idp.example/.well-known/openid-configuration';
  const metadata = (jwksUri: string) => ({ [metadataUrl]: { issuer: ISSUER.issuer, jwks_uri: jwksUri } });

  afterEach(() => jest.restoreAllMocks());

  it('finds the keys where the metadata of the issuer says', async () => {
    const asked = internet({
      ...metadata('https://keys.example/jwks'),
      'https://keys.example/jwks': { keys: [JWK] },
    });
    expect(await fetchJwks(ISSUER, DIRECT)).toMatchObject([{ kid: 'k', algorithm: 'ES256' }]);
    expect(asked).toEqual([metadataUrl, 'https://keys.example/jwks']);
  });

  it.each(['utf8', 'utf16le'] as const)(
    'reads a key set that an editor has saved with a byte order mark, in %s',
    async (encoding) => {
      const url = 'https://keys.example/jwks';
      const bytes = Buffer.from(`\uFEFF${JSON.stringify({ keys: [JWK] }, undefined, 2)}\r\n`, encoding);
      jest.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(bytes)));
      expect(await fetchJwks({ ...ISSUER, jwksUrl: url }, DIRECT)).toMatchObject([
        { kid: 'k', algorithm: 'ES256' },
      ]);
    },
  );

  it('R31 asks no address on plain http for the keys of an issuer on https', async () => {
    const asked = internet({
      ...metadata('http://keys.example/jwks'),
      'http://keys.example/jwks': { keys: [JWK] },
    });
    await expect(fetchJwks(ISSUER, DIRECT)).rejects.toThrow('names a key set that is not on https');
    expect(asked).toEqual([metadataUrl]);
  });

  it('R31 oidcc-client-test-discovery-issuer-mismatch: asks nobody for the keys of another issuer', async () => {
    const asked = internet({
      [metadataUrl]: { issuer: 'https://idp.example/', jwks_uri: 'https://keys.example/jwks' },
    });
    await expect(fetchJwks(ISSUER, DIRECT)).rejects.toThrow('names another issuer');
    expect(asked).toEqual([metadataUrl]);
  });

  it('takes a set of 100 keys, and none of more (R32)', async () => {
    const issuer = { ...ISSUER, jwksUrl: 'https://keys.example/jwks' };
    const keys = (count: number) => ({
      keys: Array.from({ length: count }, (_, n) => ({ ...JWK, kid: `k${n}` })),
    });
    internet({ [issuer.jwksUrl]: keys(100) });
    expect(await fetchJwks(issuer, DIRECT)).toHaveLength(100);
    internet({ [issuer.jwksUrl]: keys(101) });
    await expect(fetchJwks(issuer, DIRECT)).rejects.toThrow('something else than a key set');
  });
});
