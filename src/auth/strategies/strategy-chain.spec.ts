import type { OidcConfig, OidcIssuer } from '../../config/auth.config';
import { strategyChain } from './strategy-chain';

const oidc = (...issuers: string[]) =>
  ({ issuers: new Map(issuers.map((issuer) => [issuer, {} as OidcIssuer])) }) as unknown as OidcConfig;

describe('strategyChain', () => {
  it.each([
    [false, oidc(), ['local-jwt']],
    [true, oidc(), ['dev-header', 'local-jwt']],
    [false, oidc('https://idp.example'), ['local-jwt', 'oidc']],
    [true, oidc('https://idp.example', 'https://other.example'), ['dev-header', 'local-jwt', 'oidc']],
  ])('with development headers %s and these providers is %j', (devHeaders, providers, chain) => {
    expect(strategyChain({ devHeaders, oidc: providers })).toEqual(chain);
  });
});
