import { Journal, refusalOf } from '../../test/support/unit/journal';
import type { Scope } from '../security/permissions';
import type { AuthenticatedKey } from '../service-accounts/service-authenticator';
import type { ServiceTokens } from '../tokens/service-tokens';
import { ServiceTokenService } from './service-token.service';

const EXPIRES = new Date('2026-05-01T10:00:00.000Z');

function issue(held: Scope[], requested: string | undefined) {
  const journal = new Journal();
  const service = new ServiceTokenService(
    journal.fake<ServiceTokens>('tokens', { issue: () => ({ token: 't', expiresInSeconds: 60 }) }),
    journal.audit(),
  );
  const credential = { accountId: 'a', keyId: 'k', expiresAt: EXPIRES, scopes: held };
  return { journal, issued: service.issue({ credential } as unknown as AuthenticatedKey, requested) };
}

describe('ServiceTokenService', () => {
  it('issues all scopes of the account where none is asked for, records it, and lets the token end with its key', async () => {
    const { journal, issued } = issue(['users:read', 'audit:read'], undefined);
    expect(await issued).toEqual({ token: 't', expiresInSeconds: 60, scopes: ['users:read', 'audit:read'] });
    expect(journal.given('tokens.issue')).toEqual([
      [{ accountId: 'a', keyId: 'k', scopes: ['users:read', 'audit:read'], keyExpiresAt: EXPIRES }],
    ]);
    expect(journal.events).toEqual([{ type: 'service-token.issued', service_id: 'a', key_id: 'k' }]);
  });

  it.each<[string, Scope[], string, Scope[]]>([
    ['fewer', ['users:read', 'audit:read'], 'audit:read', ['audit:read']],
    ['one that another includes', ['users:write'], 'users:read', ['users:read']],
    ['one twice, with spaces between', ['audit:read'], ' audit:read  audit:read ', ['audit:read']],
  ])('narrows to %s', async (_what, held, requested, scopes) => {
    expect((await issue(held, requested).issued).scopes).toEqual(scopes);
  });

  it.each<[string, string]>([
    ['that the account lacks', 'audit:read users:write'],
    ['that there is not', 'audit:read everything'],
    ['of users alone', 'services:write'],
    ['in other letters', 'AUDIT:READ'],
  ])('refuses a scope %s, issues nothing, and records nothing', async (_what, requested) => {
    const { journal, issued } = issue(['audit:read'], requested);
    expect((await refusalOf(issued)).code).toBe('invalid-scope');
    expect(journal.acts).toEqual([]);
  });
});
