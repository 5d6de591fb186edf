import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { SignOutService } from '../auth/sign-out.service';
import type { TokenAuthenticator } from '../auth/token-authenticator';
import { AppError } from '../common/errors/app-error';
import type { CredentialEndingsService } from '../service-accounts/credential-endings.service';
import type { ServiceAuthenticator } from '../service-accounts/service-authenticator';
import type { AccessTokens } from '../tokens/access-tokens';
import { RevocationService } from './revocation.service';

const SERVICE_CLAIMS = { token_use: 'service', jti: 'j' };

function revoke(
  text: string,
  given: {
    authenticator?: Plan<TokenAuthenticator>;
    tokens?: Plan<AccessTokens>;
    services?: Plan<ServiceAuthenticator>;
    signOut?: () => Promise<void>;
  } = {},
) {
  const journal = new Journal();
  const service = new RevocationService(
    journal.fake<AccessTokens>('tokens', given.tokens),
    journal.fake<TokenAuthenticator>('authenticator', given.authenticator),
    journal.fake<SignOutService>('signOuts', { signOut: given.signOut ?? done }),
    journal.fake<ServiceAuthenticator>('services', given.services),
    journal.fake<CredentialEndingsService>('endings', { revokeKey: done, revokeToken: done }),
  );
  return { journal, revoked: service.revoke(text) };
}

const refused = (code: 'invalid-token' | 'service-unavailable') => () => {
  throw new AppError(code);
};

describe('RevocationService', () => {
  it('R25 ends the session of a refresh token', async () => {
    const { journal, revoked } = revoke('psr_x');
    await revoked;
    expect(journal.given('signOuts.signOut')).toEqual([[undefined, 'psr_x']]);
  });

  it('R25 ends the session of an access token, once its signature was verified', async () => {
    const { journal, revoked } = revoke('a.b.c', {
      authenticator: { read: () => ({ token: {}, provider: undefined }) },
      tokens: { verifySignature: () => ({ sub: 'ada@example.com' }) },
    });
    await revoked;
    expect(journal.acts).toEqual(['authenticator.read', 'tokens.verifySignature', 'signOuts.signOut']);
    expect(journal.given('signOuts.signOut')).toEqual([['a.b.c', undefined]]);
  });

  it('ends the token of a provider, which the provider has signed', async () => {
    const { journal, revoked } = revoke('a.b.c', {
      authenticator: { read: () => ({ token: {}, provider: { issuer: 'i' } }) },
    });
    await revoked;
    expect(journal.acts).toEqual(['authenticator.read', 'signOuts.signOut']);
  });

  it('ends a service token itself: it has no session', async () => {
    const { journal, revoked } = revoke('a.b.c', {
      authenticator: { read: () => ({ token: {}, provider: undefined }) },
      tokens: { verifySignature: () => SERVICE_CLAIMS },
    });
    await revoked;
    expect(journal.given('endings.revokeToken')).toEqual([[SERVICE_CLAIMS]]);
    expect(journal.acts).not.toContain('signOuts.signOut');
  });

  it('R1 does not take the word of a provider for a token of ours: what it calls a service token is its own', async () => {
    const { journal, revoked } = revoke('a.b.c', {
      authenticator: {
        read: () => ({ token: { payload: SERVICE_CLAIMS }, provider: { issuer: 'i' } }),
      },
    });
    await revoked;
    expect(journal.acts).not.toContain('endings.revokeToken');
  });

  it.each([
    ['ends a key', { accountId: 'a', keyId: 'k' }, ['services.findKey', 'endings.revokeKey']],
    ['does nothing for an unknown key', undefined, ['services.findKey']],
  ])('%s', async (_what, key, acts) => {
    const { journal, revoked } = revoke('psk_x', { services: { findKey: answers(key) } });
    await revoked;
    expect(journal.acts).toEqual(acts);
  });

  it.each([
    ['what is no token', { authenticator: { read: refused('invalid-token') } }],
    [
      'a token with another signature',
      {
        authenticator: { read: () => ({ token: {}, provider: undefined }) },
        tokens: { verifySignature: refused('invalid-token') },
      },
    ],
  ])('R25 ends nothing by %s, and does not say so (RFC 7009 section 2.2)', async (_what, given) => {
    const { journal, revoked } = revoke('x', given);
    await expect(revoked).resolves.toBeUndefined();
    expect(journal.acts.filter((act) => /signOut|endings/.test(act))).toEqual([]);
  });

  it('D8 throws an outage: the token may live on', async () => {
    const { revoked } = revoke('psr_x', { signOut: refuses('service-unavailable') });
    expect((await refusalOf(revoked)).code).toBe('service-unavailable');
  });
});
