import type { OidcConfig } from '../../config/auth.config';
import { strategyChain } from './strategy-chain';

const PROVIDERS = { issuers: [] } as Partial<OidcConfig> as OidcConfig;

describe('strategyChain', () => {
  it.each([
    [false, undefined, ['local-jwt']],
    [true, undefined, ['dev-header', 'local-jwt']],
    [false, PROVIDERS, ['local-jwt', 'oidc']],
    [true, PROVIDERS, ['dev-header', 'local-jwt', 'oidc']],
  ])('with development headers %s and the providers %j: %j', (devHeaders, oidc, expected) => {
    expect(strategyChain({ devHeaders, oidc })).toEqual(expected);
  });
});
