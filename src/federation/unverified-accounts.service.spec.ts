import { answers, done, Journal } from '../../test/support/unit/journal';
import type { EndedRights, UserProvisioner } from '../identity/user-provisioner';
import type { SessionsService } from '../sessions/sessions.service';
import type { UsersService } from '../users/users.service';
import { UnverifiedAccountsService } from './unverified-accounts.service';
import type { UserIdentitiesRepository } from './user-identities.repository';

const IDP = 'https://idp.example';
const NONE: EndedRights = { wasAdmin: false, teams: [], domains: [] };

async function revoke(rights: EndedRights, identities: string[] = []) {
  const journal = new Journal();
  const service = new UnverifiedAccountsService(
    journal.fake<UsersService>('users', { removePassword: done }),
    journal.fake<SessionsService>('sessions', { endAll: done }),
    journal.fake<UserIdentitiesRepository>('identities', { deleteOfOtherIssuers: answers(identities) }),
    journal.fake<UserProvisioner>('provisioner', { resetRights: answers(rights) }),
    journal.audit(),
  );
  await journal
    .database()
    .transaction((manager) => service.revokeAccess('ada', IDP, 'account-linked', manager));
  return journal;
}

describe('UnverifiedAccountsService', () => {
  it('R29 R74 ends password, sessions, other identities and rights in one transaction', async () => {
    const journal = await revoke(NONE);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx users.removePassword',
      'tx sessions.endAll',
      'tx identities.deleteOfOtherIssuers',
      'tx provisioner.resetRights',
      'COMMIT',
    ]);
    expect(journal.given('sessions.endAll')).toEqual([['ada', undefined, 'account-linked']]);
    expect(journal.given('identities.deleteOfOtherIssuers')).toEqual([['ada', IDP]]);
  });

  it.each<[string, EndedRights, string[], object]>([
    ['the role of an administrator', { ...NONE, wasAdmin: true }, [], { role: 'admin' }],
    ['a team', { ...NONE, teams: [{ id: 't', role: null }] }, [], { teams: [{ id: 't', role: null }] }],
    ['a domain', { ...NONE, domains: ['d'] }, [], { domains: ['d'] }],
    ['an identity', NONE, ['https://other.example'], { identities: ['https://other.example'] }],
  ])('R74 tells the audit that the user has lost %s', async (_what, rights, identities, facts) => {
    const { events } = await revoke(rights, identities);
    expect(events).toEqual([
      {
        type: 'auth.rights.ended',
        user_id: 'ada',
        reason: 'account-linked',
        teams: [],
        domains: [],
        identities: [],
        ...facts,
      },
    ]);
  });
});
