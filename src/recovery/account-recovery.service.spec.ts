import { aLockedUser, anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import type { IdentityContextReader } from '../identity/identity-context.reader';
import type { EndedRights, UserProvisioner } from '../identity/user-provisioner';
import type { SessionsService } from '../sessions/sessions.service';
import type { TokenIssuer } from '../tokens/token-issuer';
import type { UsersService } from '../users/users.service';
import { AccountRecovery } from './account-recovery.service';

const NONE: EndedRights = { wasAdmin: false, teams: [], domains: [] };

function recoveryOf({ ended = NONE, opened }: { ended?: EndedRights; opened?: object } = {}) {
  const journal = new Journal();
  const recovery = new AccountRecovery(
    journal.fake<UsersService>('users', { endTokensOfBefore: answers(undefined) }),
    journal.fake<UserProvisioner>('provisioner', { resetRights: answers(ended) }),
    journal.fake<SessionsService>('sessions', { endAll: done, open: answers(opened) }),
    journal.fake<IdentityContextReader>('identities', {
      getById: answers(anIdentity()),
      getWithCredentials: answers({ identity: anIdentity(), credentialsVersion: 7 }),
    }),
    journal.fake<TokenIssuer>('issuer', { issuePair: (identity) => ({ identity, refreshToken: 'r' }) }),
    journal.audit(),
  );
  return { journal, recovery };
}

describe('AccountRecovery', () => {
  it('R74 leaves the rights of a proven user alone', async () => {
    const { journal, recovery } = recoveryOf();
    await recovery.endRightsOfUnproven(aLockedUser(), 'password-reset', journal.manager);
    expect(journal.acts).toEqual([]);
  });

  it('R74 ends the rights given by hand to an unproven one, and tells the audit which', async () => {
    const ended = { wasAdmin: true, teams: [{ id: 't', role: 'owner' }], domains: ['d'] } as EndedRights;
    const { journal, recovery } = recoveryOf({ ended });
    const unproven = aLockedUser({ emailVerified: false });
    await recovery.endRightsOfUnproven(unproven, 'email-verified', journal.manager);
    expect(journal.events).toEqual([
      {
        type: 'auth.rights.ended',
        user_id: 'ada',
        reason: 'email-verified',
        role: 'admin',
        teams: ended.teams,
        domains: ['d'],
        identities: [],
      },
    ]);
  });

  it('records nothing where an unproven user had no rights to lose', async () => {
    const { journal, recovery } = recoveryOf();
    const unproven = aLockedUser({ emailVerified: false });
    await recovery.endRightsOfUnproven(unproven, 'email-verified', journal.manager);
    expect(journal.acts).toEqual(['provisioner.resetRights']);
  });

  it('R92 ends all sessions, and tokens of providers with them', async () => {
    const { journal, recovery } = recoveryOf();
    await recovery.endAll('ada', 'password-reset', journal.manager);
    expect(journal.acts).toEqual(['sessions.endAll', 'users.endTokensOfBefore']);
    expect(journal.given('sessions.endAll')).toEqual([['ada', undefined, 'password-reset']]);
  });

  it.each([
    ['her-session', 'her-session'],
    [null, undefined],
  ])('spares the session %s alone', async (asked, spared) => {
    const { journal, recovery } = recoveryOf();
    await recovery.endOthers('ada', asked, 'email-changed', journal.manager);
    expect(journal.given('sessions.endAll')).toEqual([['ada', spared, 'email-changed']]);
  });

  it('signs in with the credentials that the transaction has just set', async () => {
    const { journal, recovery } = recoveryOf({ opened: { sessionId: 's' } });
    expect(await recovery.signIn('ada', journal.manager)).toMatchObject({ refreshToken: 'r' });
    expect(journal.given('sessions.open')).toEqual([
      [{ userId: 'ada', credentialsVersion: 7, methods: ['pwd'] }],
    ]);
  });

  it('refuses the code when no session may be opened: nothing of the act stays', async () => {
    const { journal, recovery } = recoveryOf();
    expect((await refusalOf(recovery.signIn('ada', journal.manager))).code).toBe('code-invalid');
    expect(journal.acts).not.toContain('issuer.issuePair');
  });
});
