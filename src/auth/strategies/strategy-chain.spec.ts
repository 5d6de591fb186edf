import { strategyChain } from './strategy-chain';

describe('strategyChain', () => {
  it.each([
    [false, ['local-jwt']],
    [true, ['dev-header', 'local-jwt']],
  ])('without a provider, development headers %s: %j', (devHeaders, expected) => {
    expect(strategyChain({ devHeaders, oidc: undefined })).toEqual(expected);
  });
});
