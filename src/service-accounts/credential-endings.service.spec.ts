import { answers, Journal, refusalOf } from '../../test/support/unit/journal';
import { AppError } from '../common/errors/app-error';
import type { ServiceTokens } from '../tokens/service-tokens';
import { CredentialEndingsService } from './credential-endings.service';
import type { EndedServiceTokensRepository } from './ended-service-tokens.repository';
import type { ServiceCredential } from './service-credentials.reader';
import type { ServiceKeysRepository } from './service-keys.repository';

const KEY = { accountId: 'a', keyId: 'k' } as ServiceCredential;
const CLAIMS = { tokenId: 'j', accountId: 'a', expiresAt: new Date('2026-05-01T10:00:00.000Z') };

function endingsOf({
  isThere = true,
  owned = [] as { accountId: string; count: number }[],
  isOurs = true,
} = {}) {
  const journal = new Journal();
  const endings = new CredentialEndingsService(
    journal.database(),
    journal.fake<ServiceKeysRepository>('keys', { delete: answers(isThere), deleteOfOwner: answers(owned) }),
    journal.fake<ServiceTokens>('tokens', {
      checkClaimsForRevocation: () => {
        if (!isOurs) throw new AppError('invalid-token');
        return CLAIMS;
      },
    }),
    journal.fake<EndedServiceTokensRepository>('ended', { insert: answers(isThere) }),
    journal.audit(),
  );
  return { journal, endings };
}

describe('CredentialEndingsService', () => {
  it('ends the keys of the accounts of a user, with an event for each account, in the transaction of the caller', async () => {
    const owned = [
      { accountId: 'a', count: 2 },
      { accountId: 'b', count: 1 },
    ];
    const { journal, endings } = endingsOf({ owned });
    await journal.database().transaction((manager) => endings.revokeOwned('ada', manager));
    expect(journal.acts.filter((act) => !act.startsWith('tx'))).toEqual(['BEGIN', 'COMMIT']);
    expect(journal.events).toEqual([
      { type: 'service-key.revoked', service_id: 'a', count: 2 },
      { type: 'service-key.revoked', service_id: 'b', count: 1 },
    ]);
  });

  it('ends a key by whoever holds it, and the audit tells that it was no administrator', async () => {
    const { journal, endings } = endingsOf();
    await endings.revokeKey(KEY);
    expect(journal.events).toEqual([
      { type: 'service-key.revoked', service_id: 'a', key_id: 'k', count: 1, by_holder: true },
    ]);
  });

  it('keeps a token ended until it would have expired', async () => {
    const { journal, endings } = endingsOf();
    await endings.revokeToken({});
    expect(journal.given('ended.insert')).toEqual([['j', CLAIMS.expiresAt]]);
    expect(journal.events).toEqual([{ type: 'service-token.revoked', service_id: 'a' }]);
  });

  it('records nothing twice', async () => {
    const { journal, endings } = endingsOf({ isThere: false });
    await endings.revokeKey(KEY);
    await endings.revokeToken({});
    expect(journal.events).toEqual([]);
  });

  it('ends nothing by claims that are none of a service token', async () => {
    const { journal, endings } = endingsOf({ isOurs: false });
    expect((await refusalOf(endings.revokeToken({}))).code).toBe('invalid-token');
    expect(journal.acts).toEqual(['tokens.checkClaimsForRevocation']);
  });
});
