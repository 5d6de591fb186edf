import { answers, done, Journal, refusalOf, refuses } from '../../test/support/unit/journal';
import type { OidcIssuer } from '../config/oidc-issuer';
import type { ProviderToken } from '../security/principal';
import type { EndedProviderTokensRepository } from '../sessions/ended-provider-tokens.repository';
import type { UnverifiedToken } from '../tokens/compact-jws';
import { ProviderSignOutService } from './provider-sign-out.service';
import type { ProviderTokenVerifier } from './provider-token-verifier';
import type { UserIdentitiesRepository } from './user-identities.repository';

const TOKEN = { issuer: 'https://idp.example', subject: '4711' } as ProviderToken;
const UNVERIFIED = {} as UnverifiedToken;
const ISSUER = {} as OidcIssuer;

function serviceOf({ isNew = true, kept = 1, isKnown = true, verify = answers(TOKEN) } = {}) {
  const journal = new Journal();
  const service = new ProviderSignOutService(
    journal.database(),
    journal.fake<ProviderTokenVerifier>('tokens', { verifyForLogout: verify }),
    journal.fake<UserIdentitiesRepository>('identities', { lock: done }),
    journal.fake<EndedProviderTokensRepository>('ended', {
      insert: answers({ isNew, userId: 'ada', kept }),
      updateRefusedUntil: answers(isKnown),
    }),
    journal.audit(),
  );
  return { journal, service };
}

describe('ProviderSignOutService', () => {
  it('R76 verifies the token before the transaction, then ends it under the lock of its identity', async () => {
    const { journal, service } = serviceOf();
    await service.signOut(UNVERIFIED, ISSUER);
    expect(journal.acts).toEqual([
      'tokens.verifyForLogout',
      'BEGIN',
      'tx identities.lock',
      'tx ended.insert',
      'tx audit auth.provider-token.ended',
      'COMMIT',
    ]);
    expect(journal.events).toMatchObject([{ user_id: 'ada', issuer: 'https://idp.example' }]);
  });

  it('ends nothing by a token that is not of that provider', async () => {
    const { journal, service } = serviceOf({ verify: refuses('invalid-token') });
    expect((await refusalOf(service.signOut(UNVERIFIED, ISSUER))).code).toBe('invalid-token');
    expect(journal.acts).toEqual(['tokens.verifyForLogout']);
  });

  it('records no second end of a token', async () => {
    const { journal, service } = serviceOf({ isNew: false });
    await service.signOut(UNVERIFIED, ISSUER);
    expect(journal.events).toEqual([]);
  });

  it.each([
    [100, []],
    [101, ['tx ended.updateRefusedUntil']],
  ])(
    'R79 keeps 100 ended tokens of an identity, and with %i ends all up to the newest',
    async (kept, acts) => {
      const { journal, service } = serviceOf({ kept });
      await service.signOut(UNVERIFIED, ISSUER);
      expect(journal.acts.filter((act) => act.includes('updateRefusedUntil'))).toEqual(acts);
      expect(journal.events).toHaveLength(1);
    },
  );

  it('R79 refuses to store more for an identity that is no user, and does not say that the token has ended', async () => {
    const { journal, service } = serviceOf({ kept: 101, isKnown: false });
    expect((await refusalOf(service.signOut(UNVERIFIED, ISSUER))).code).toBe('overloaded');
    expect(journal.acts.at(-1)).toBe('ROLLBACK');
    expect(journal.events).toEqual([]);
  });
});
