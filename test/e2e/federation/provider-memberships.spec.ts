import { register, type Account } from '../../support/http/accounts';
import { expectAccepted, type Person } from '../../support/tokens/token-outcome';
import { me } from '../../support/providers/oidc';
import { person, ProviderStub } from '../../support/providers/provider-stub';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { useService } from '../../support/process/use-service';

interface Membership {
  readonly name: string;
  readonly role: string | null;
}

/** R85: what a provider gives and what is given by hand (today, by SQL) do not touch each other. */
describe('memberships given by hand and by providers', () => {
  const provider = ProviderStub.use();
  const second = ProviderStub.use();
  const service = useService({
    provider,
    env: () => ({
      AUTH_OIDC_GROUPS_CLAIM: 'groups',
      AUTH_OIDC_DOMAINS_CLAIM: 'areas',
      AUTH_OIDC_ISSUERS_FILE: writeIssuersFile([
        { issuer: second.issuer, audience: 'app', groups_claim: 'groups', domains_claim: 'areas' },
      ]),
    }),
  });
  const { database } = service;

  const teamsOf = ({ teams }: Person) => teams.map(({ name }) => name);
  const domainsOf = ({ domains }: Person) => domains.map(({ key }) => key);
  const engineering = ({ teams }: Person) =>
    (teams as Membership[]).filter(({ name }) => name === 'Engineering').map(({ role }) => ({ role }));

  const byHand = {
    join: (userId: string, role: string | null) =>
      database.query(
        `INSERT INTO team_memberships (user_id, team_id, role) SELECT $1, id, $2 FROM teams WHERE external_ref = 'eng'`,
        [userId, role],
      ),
    leave: (userId: string) =>
      database.query(
        `DELETE FROM team_memberships WHERE user_id = $1 AND team_id = (SELECT id FROM teams WHERE external_ref = 'eng')`,
        [userId],
      ),
    setRole: (userId: string, role: string | null) =>
      database.query(
        `UPDATE team_memberships SET role = $2
         WHERE user_id = $1 AND team_id = (SELECT id FROM teams WHERE external_ref = 'eng')`,
        [userId, role],
      ),
    assign: (userId: string) =>
      database.query(
        `INSERT INTO user_domains (user_id, domain_id) SELECT $1, id FROM domains WHERE key = 'sales'`,
        [userId],
      ),
    unassign: (userId: string) =>
      database.query(
        `DELETE FROM user_domains WHERE user_id = $1 AND domain_id = (SELECT id FROM domains WHERE key = 'sales')`,
        [userId],
      ),
  };

  /** A user with a session of ours who also comes from the provider, and what the provider says of them. */
  async function userOfBoth() {
    const account: Account = await register(service);
    await database.query('UPDATE users SET email_verified_at = now() WHERE id = $1', [account.id]);
    const claims = { ...person(), email: account.email };
    const mint = (more: Record<string, unknown>, by = provider) => by.mint({ ...claims, ...more });
    const says = (more: Record<string, unknown>, by = provider) =>
      expectAccepted(service, mint(more, by), account);
    return { ...account, says, mint, now: () => expectAccepted(service, account.token, account) };
  }

  it('R85: the provider gives first, then a hand: the provider takes only its own back', async () => {
    const { id, says, now } = await userOfBoth();
    expect(engineering(await says({ groups: ['eng'], areas: ['sales'] }))).toEqual([{ role: null }]);
    await byHand.join(id, 'owner');
    await byHand.assign(id);
    expect(engineering(await now())).toEqual([{ role: 'owner' }]);
    const left = await says({ groups: [], areas: [] });
    expect(engineering(left)).toEqual([{ role: 'owner' }]);
    expect(domainsOf(left)).toEqual(['engineering', 'sales']);
  });

  it('R85: a role given by hand to a member of the provider outlasts the provider’s part', async () => {
    const { id, says } = await userOfBoth();
    await says({ groups: ['eng'] });
    await byHand.setRole(id, 'owner');
    expect(engineering(await says({ groups: ['eng'] }))).toEqual([{ role: 'owner' }]);
    expect(engineering(await says({ groups: [] }))).toEqual([{ role: 'owner' }]);
  });

  it('R85: a hand gives first, then the provider: the hand takes only its own back, at once', async () => {
    const { id, says, now } = await userOfBoth();
    await byHand.join(id, 'owner');
    await byHand.assign(id);
    const both = await says({ groups: ['eng'], areas: ['sales'] });
    expect(engineering(both)).toEqual([{ role: 'owner' }]);
    expect(domainsOf(both)).toEqual(['engineering', 'sales']);
    await byHand.leave(id);
    await byHand.unassign(id);
    const kept = await now(); // by a token of ours: the provider was not asked again
    expect(engineering(kept)).toEqual([{ role: null }]);
    expect(domainsOf(kept)).toEqual(['engineering', 'sales']);
    const left = await says({ groups: [], areas: [] });
    expect(engineering(left)).toEqual([]);
    expect(domainsOf(left)).toEqual(['engineering']);
  });

  it('R85: two providers give the same: it is shown once, and stays until both take it back', async () => {
    const { says, now } = await userOfBoth();
    await says({ groups: ['eng'], areas: ['sales'] });
    await says({ groups: ['eng'], areas: ['sales'] }, second);
    expect(teamsOf(await now())).toEqual(['Engineering', 'General']);
    await says({ groups: [], areas: [] });
    const one = await now();
    expect(teamsOf(one)).toEqual(['Engineering', 'General']);
    expect(domainsOf(one)).toEqual(['engineering', 'sales']);
    await says({ groups: [], areas: [] }, second);
    const none = await now();
    expect(teamsOf(none)).toEqual(['General']);
    expect(domainsOf(none)).toEqual(['engineering']);
  });

  it('R85: the default team and domain are given by hand: a provider that lists them does not take them back', async () => {
    await database.query(`UPDATE teams SET external_ref = 'all' WHERE name = 'General'`);
    const claims = person();
    const listed = await expectAccepted(
      service,
      provider.mint({ ...claims, groups: ['all'], areas: ['engineering'] }),
    );
    const unlisted = await expectAccepted(service, provider.mint({ ...claims, groups: [], areas: [] }));
    for (const user of [listed, unlisted]) {
      expect(teamsOf(user)).toEqual(['General']);
      expect(domainsOf(user)).toEqual(['engineering']);
    }
  });

  it('R85: 20 changes by hand and by two providers at once end where the last words are', async () => {
    const { id, says, mint } = await userOfBoth();
    await says({ groups: ['eng'] });
    await says({ groups: ['eng'] }, second);
    await byHand.join(id, 'admin');
    await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        if (n % 3 === 0) return byHand.setRole(id, n % 2 === 0 ? 'admin' : 'member');
        const groups = n % 2 === 0 ? ['eng', 'design'] : [];
        const { status } = await me(service, mint({ groups }, n % 3 === 1 ? provider : second));
        expect(status).toBe(200);
      }),
    );
    await byHand.setRole(id, 'admin');
    await says({ groups: [] });
    const left = await says({ groups: [] }, second);
    expect(engineering(left)).toEqual([{ role: 'admin' }]);
    expect(teamsOf(left)).toEqual(['Engineering', 'General']);
    await byHand.leave(id);
    expect(teamsOf(await says({ groups: [] }))).toEqual(['General']);
  });
});
