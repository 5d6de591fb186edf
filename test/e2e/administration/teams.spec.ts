import { randomUUID } from 'node:crypto';
import { anAdmin, ApiUser, aUser, prove } from '../../support/http/administration';
import { anId, aTime } from '../../support/http/matchers';
import { expectNoServerErrors, expectProblem } from '../../support/http/problem';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

interface Team {
  readonly id: string;
  readonly name: string;
  readonly is_default?: boolean;
}

describe('administration of teams', () => {
  let database: TestDatabase;
  let service: Service;
  let admin: ApiUser;
  let owner: ApiUser;
  let teamAdmin: ApiUser;
  let member: ApiUser;
  let outsider: ApiUser;
  let team: Team;
  let path: string;
  let rounds = 0;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService({ databaseUrl: database.url });
    admin = await anAdmin(service, database);
    [owner, teamAdmin, member, outsider] = await Promise.all([
      aUser(service),
      aUser(service),
      aUser(service),
      aUser(service),
    ]);
  });

  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    expectNoServerErrors(service);
  });

  /** A team of the tests, with an owner, an admin and a member. */
  beforeEach(async () => {
    team = await admin.must<Team>(201, 'POST', '/teams', { name: `Team ${++rounds}` });
    path = `/teams/${team.id}`;
    for (const [user, role] of [
      [owner, 'owner'],
      [teamAdmin, 'admin'],
      [member, 'member'],
    ] as const) {
      await admin.must(201, 'PUT', `${path}/members/${user.id}`, { role });
    }
  });

  afterEach(() => admin.send('DELETE', path));

  const roleOf = async (user: ApiUser) => {
    const [row] = await database.query<{ role: string | null; given_by_hand: boolean }>(
      'SELECT role, given_by_hand FROM team_memberships WHERE team_id = $1 AND user_id = $2',
      [team.id, user.id],
    );
    return row && (row.role ?? 'member');
  };

  describe('POST /teams', () => {
    it('answers 201 with the team, which nobody is in, and refuses all but administrators (R56)', async () => {
      const name = `Payments ${randomUUID()}`;
      const answer = await admin.send('POST', '/teams', { name, external_ref: name });
      expect(answer.status).toBe(201);
      expect(answer.body).toEqual({
        id: anId(),
        name,
        external_ref: name,
        is_active: true,
        is_default: false,
      });
      expect(
        await database.query('SELECT FROM team_memberships WHERE team_id = $1', [answer.body.id]),
      ).toEqual([]);
      for (const user of [owner, outsider]) {
        expectProblem(await user.send('POST', '/teams', { name: 'Mine' }), 'forbidden');
      }
    });

    it('is done once for an Idempotency-Key, and tells where the team is', async () => {
      const key = { 'Idempotency-Key': randomUUID() };
      const body = { name: randomUUID() };
      const [first, again] = [
        await admin.send('POST', '/teams', body, key),
        await admin.send('POST', '/teams', body, key),
      ];
      expect([first.status, again.status]).toEqual([201, 201]);
      expect(again.body).toEqual(first.body);
      expect(first.headers.get('location')).toBe(`/teams/${String(first.body.id)}`);
      expectProblem(await admin.send('POST', '/teams', { name: 'x' }, key), 'idempotency-key-reused');
      const members = `/teams/${String(first.body.id)}/members`;
      const invitation = { email: outsider.account.email, allow_unproven: true };
      const added = await admin.send('POST', members, invitation, key);
      expect(added.status).toBe(201);
      expect((await admin.send('POST', members, invitation, key)).body).toEqual(added.body);
      expectProblem(await admin.send('POST', members, invitation), 'already-member');
    });

    it('answers 409 for a name or a reference that another team has, and 400 for faults', async () => {
      const external_ref = randomUUID();
      await admin.must(201, 'POST', '/teams', { name: external_ref, external_ref });
      expectProblem(await admin.send('POST', '/teams', { name: team.name }), 'name-taken');
      expectProblem(
        await admin.send('POST', '/teams', { name: randomUUID(), external_ref }),
        'external-ref-taken',
      );
      for (const [body, pointer] of [
        [{}, '#/name'],
        [{ name: ' ' }, '#/name'],
        [{ name: 7 }, '#/name'],
        [{ name: 'x', external_ref: '' }, '#/external_ref'],
        [{ name: 'x', external_ref: 'a\u0000' }, '#/external_ref'],
      ] as const) {
        const answer = await admin.send('POST', '/teams', body);
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toEqual([{ pointer, detail: expect.any(String) }]);
      }
    });
  });

  describe('GET /teams/{id}', () => {
    it('answers its members, and administrators with the flag of the default', async () => {
      const { id, name } = team;
      const seen = { id, name, external_ref: null, is_active: true };
      for (const user of [owner, teamAdmin, member]) {
        expect(await user.must(200, 'GET', path)).toEqual(seen);
      }
      expect(await admin.must(200, 'GET', path.toUpperCase().replace('/TEAMS', '/teams'))).toEqual({
        ...seen,
        is_default: false,
      });
    });

    it('is 403 for others, 404 for unknown teams, and for inactive ones to all but administrators', async () => {
      expectProblem(await outsider.send('GET', path), 'forbidden');
      await admin.must(200, 'PATCH', path, { is_active: false });
      for (const user of [owner, member, outsider]) {
        expectProblem(await user.send('GET', path), 'not-found');
        expectProblem(await user.send('PATCH', path, { name: 'Ours' }), 'not-found');
        expectProblem(await user.send('DELETE', path), 'not-found');
        expectProblem(await user.send('DELETE', `${path}/members/${user.id}`), 'not-found');
      }
      expect(await admin.must(200, 'GET', path)).toMatchObject({ is_active: false });
      for (const user of [admin, outsider]) {
        expectProblem(await user.send('GET', `/teams/${randomUUID()}`), 'not-found');
        expectProblem(await user.send('DELETE', `/teams/${randomUUID()}`), 'not-found');
        expectProblem(await user.send('GET', '/teams/7'), 'invalid-input');
      }
    });
  });

  describe('PATCH /teams/{id}', () => {
    it('lets owners and admins of the team change its name, and nothing else (R56)', async () => {
      expect(await teamAdmin.must(200, 'PATCH', path, { name: `${team.name} A` })).not.toHaveProperty(
        'is_default',
      );
      expect(await owner.must(200, 'PATCH', path, { name: `${team.name} B` })).toMatchObject({
        name: `${team.name} B`,
      });
      for (const user of [member, outsider]) {
        expectProblem(await user.send('PATCH', path, { name: 'Ours' }), 'forbidden');
      }
      for (const change of [
        { external_ref: 'eng-2' },
        { external_ref: null },
        { is_active: true },
        { is_default: true },
      ]) {
        expectProblem(await owner.send('PATCH', path, { name: 'Ours', ...change }), 'forbidden');
      }
      expect(await admin.must(200, 'GET', path)).toEqual({
        ...team,
        name: `${team.name} B`,
      });
    });

    it('takes If-Match: 412 when the ETag is another, and the change when it is that of the present state', async () => {
      const seen = await owner.send('GET', path);
      const tag = { 'If-Match': seen.headers.get('etag') ?? '' };
      expect(tag['If-Match']).toMatch(/^"[\w-]+"$/);
      const changed = await owner.send('PATCH', path, { name: `${team.name} X` }, tag);
      expect(changed.status).toBe(200);
      expect(changed.headers.get('etag')).not.toBe(tag['If-Match']);
      expect(changed.headers.get('etag')).toBe((await owner.send('GET', path)).headers.get('etag'));
      expectProblem(await owner.send('PATCH', path, { name: `${team.name} Y` }, tag), 'precondition-failed');
      expectProblem(await admin.send('DELETE', path, undefined, tag), 'precondition-failed');
      expect(await owner.must(200, 'GET', path)).toMatchObject({ name: `${team.name} X` });
      const present = { 'If-Match': (await admin.send('GET', path)).headers.get('etag') ?? '' };
      expect((await admin.send('DELETE', path, undefined, present)).status).toBe(204);
    });

    it('keeps what is left out, takes null for no reference, and refuses other nulls', async () => {
      const external_ref = randomUUID();
      const name = `${team.name} C`;
      await admin.must(200, 'PATCH', path, { external_ref });
      expect(await admin.must(200, 'PATCH', path, { name })).toEqual({ ...team, name, external_ref });
      expect(await admin.must(200, 'PATCH', path, {})).toEqual({ ...team, name, external_ref });
      expect(await admin.must(200, 'PATCH', path, { external_ref: null })).toEqual({ ...team, name });
      for (const member of ['name', 'is_active', 'is_default']) {
        const answer = await admin.send('PATCH', path, { [member]: null });
        expectProblem(answer, 'invalid-input');
        expect(answer.body.errors).toMatchObject([{ pointer: `#/${member}` }]);
      }
      expectProblem(await admin.send('PATCH', path, { name: 'General' }), 'name-taken');
      expectProblem(await admin.send('PATCH', path, { external_ref: 'eng' }), 'external-ref-taken');
    });
  });

  it('the default is where new users go: moved by a flag, and never deleted', async () => {
    const [row] = await database.query<{ id: string }>(`SELECT id FROM teams WHERE name = 'General'`);
    const general = row?.id;
    expect(await admin.must(200, 'GET', `/teams/${general}`)).toMatchObject({ is_default: true });
    expect(await admin.must(200, 'PATCH', path, { is_default: true })).toMatchObject({ is_default: true });
    expect(await admin.must(200, 'GET', `/teams/${general}`)).toMatchObject({ is_default: false });
    expectProblem(await admin.send('DELETE', path), 'default-in-use');
    expectProblem(await admin.send('PATCH', path, { is_default: false }), 'default-in-use');
    const newcomer = await aUser(service);
    expect(await newcomer.must(200, 'GET', '/teams')).toMatchObject([{ id: team.id, role: null }]);
    await admin.must(200, 'PATCH', `/teams/${general}`, { is_default: true });
    await admin.must(200, 'PATCH', path, { is_default: false });
  });

  describe('DELETE /teams/{id}', () => {
    it('is left to administrators, and ends the memberships, owners included', async () => {
      for (const user of [owner, teamAdmin, member, outsider]) {
        expectProblem(await user.send('DELETE', path), 'forbidden');
      }
      await admin.must(204, 'DELETE', path);
      expectProblem(await admin.send('GET', path), 'not-found');
      expect(await database.query('SELECT FROM team_memberships WHERE team_id = $1', [team.id])).toEqual([]);
    });
  });

  describe('GET /teams/{id}/members', () => {
    interface Page {
      readonly items: readonly { readonly user: { readonly id: string }; readonly role: string }[];
      readonly next_cursor: string | null;
    }

    it('answers members and administrators, page by page, oldest first', async () => {
      const first = await member.must<Page>(200, 'GET', `${path}/members?limit=2`);
      expect(first.items.map(({ user, role }) => [user.id, role])).toEqual([
        [owner.id, 'owner'],
        [teamAdmin.id, 'admin'],
      ]);
      const cursor = first.next_cursor ?? '';
      await admin.must(204, 'DELETE', `${path}/members/${teamAdmin.id}`); // the row that the cursor stands on
      expect(await admin.must(200, 'GET', `${path}/members?limit=2&cursor=${cursor}`)).toEqual({
        items: [
          {
            user: {
              id: member.id,
              email: member.account.email,
              email_verified: false,
              name: member.account.name,
              avatar_url: null,
            },
            role: 'member',
            joined_at: aTime(),
          },
        ],
        next_cursor: null,
      });
      const other = await admin.must<Team>(201, 'POST', '/teams', { name: randomUUID() });
      expectProblem(await admin.send('GET', `/teams/${other.id}/members?cursor=${cursor}`), 'invalid-input');
      expectProblem(await outsider.send('GET', `${path}/members`), 'forbidden');
      expectProblem(await outsider.send('GET', `/teams/${randomUUID()}/members`), 'not-found');
      for (const limit of ['0', '201', 'x', '1.5', ''])
        expectProblem(await admin.send('GET', `${path}/members?limit=${limit}`), 'invalid-input');
    });

    it('shows those from before joining was dated first, without a time', async () => {
      await database.query(
        'UPDATE team_memberships SET joined_at = NULL WHERE team_id = $1 AND user_id = $2',
        [team.id, member.id],
      );
      const seen: string[] = [];
      for (let cursor = ''; ;) {
        const page = await admin.must<Page>(200, 'GET', `${path}/members?limit=1${cursor}`);
        seen.push(...page.items.map(({ user }) => user.id));
        if (page.next_cursor === null) break;
        cursor = `&cursor=${page.next_cursor}`;
      }
      expect(seen).toEqual([member.id, owner.id, teamAdmin.id]);
      const [first] = (await admin.must<Page>(200, 'GET', `${path}/members`)).items;
      expect(first).toMatchObject({ joined_at: null });
    });
  });

  describe('PUT /teams/{id}/members/{user_id}', () => {
    it('answers 201 for a new member, 200 for one who was there, and leaves a role that is not sent', async () => {
      const place = `${path}/members/${outsider.id}`;
      const { id, email, name } = outsider.account;
      const expected = {
        user: { id, email, email_verified: false, name, avatar_url: null },
        role: 'member',
        joined_at: aTime(),
      };
      expect(await teamAdmin.must(201, 'PUT', place)).toEqual(expected);
      expect(await teamAdmin.must(200, 'PUT', place, { role: 'admin' })).toEqual({
        ...expected,
        role: 'admin',
      });
      expect(await teamAdmin.must(200, 'PUT', place, {})).toEqual({ ...expected, role: 'admin' });
      expect(await outsider.must(200, 'GET', '/teams')).toContainEqual(
        expect.objectContaining({ id: team.id, role: 'admin' }),
      );
      expectProblem(await admin.send('PUT', place, { role: 'Owner' }), 'invalid-input');
      expectProblem(await admin.send('PUT', `${path}/members/${randomUUID()}`), 'not-found');
      expectProblem(await member.send('PUT', place, { role: 'admin' }), 'forbidden');
    });

    it('takes If-Match, as DELETE does: 412 where the membership is another, or is none', async () => {
      const place = `${path}/members/${outsider.id}`;
      const tag = (answer: { headers: Headers }) => ({ 'If-Match': answer.headers.get('etag') ?? '' });
      for (const none of ['*', '"other"'])
        expectProblem(await owner.send('PUT', place, {}, { 'If-Match': none }), 'precondition-failed');
      expect(await roleOf(outsider)).toBeUndefined();
      const first = await owner.send('PUT', place, {});
      expect(first.headers.get('etag')).toMatch(/^"[\w-]+"$/);
      const second = await teamAdmin.send('PUT', place, { role: 'admin' }, tag(first));
      expect(second.status).toBe(200);
      expectProblem(await owner.send('PUT', place, { role: 'member' }, tag(first)), 'precondition-failed');
      expectProblem(await owner.send('DELETE', place, undefined, tag(first)), 'precondition-failed');
      expect(await roleOf(outsider)).toBe('admin');
      expect((await owner.send('DELETE', place, undefined, tag(second))).status).toBe(204);
    });

    it('lets only owners and administrators make and unmake owners (R56)', async () => {
      const own = `${path}/members/${teamAdmin.id}`;
      expectProblem(await teamAdmin.send('PUT', own, { role: 'owner' }), 'forbidden');
      expectProblem(
        await teamAdmin.send('PUT', `${path}/members/${owner.id}`, { role: 'member' }),
        'forbidden',
      );
      expectProblem(await teamAdmin.send('DELETE', `${path}/members/${owner.id}`), 'forbidden');
      expectProblem(
        await teamAdmin.send('POST', `${path}/members`, {
          email: outsider.account.email,
          role: 'owner',
          allow_unproven: true,
        }),
        'forbidden',
      );
      await teamAdmin.must(200, 'PUT', `${path}/members/${owner.id}`, {});
      await teamAdmin.must(200, 'PUT', `${path}/members/${owner.id}`, { role: 'owner' });
      await owner.must(200, 'PUT', own, { role: 'owner' });
      await teamAdmin.must(200, 'PUT', `${path}/members/${owner.id}`, { role: 'member' });
      expect([await roleOf(owner), await roleOf(teamAdmin)]).toEqual(['member', 'owner']);
    });
  });

  describe('POST /teams/{id}/members', () => {
    it('adds the user with an address, in any letter case, once the address is proven or that does not matter', async () => {
      const newcomer = await aUser(service);
      const { email } = newcomer.account;
      const members = `${path}/members`;
      expectProblem(await teamAdmin.send('POST', members, { email }), 'address-unproven');
      expectProblem(await outsider.send('POST', members, { email }), 'forbidden');
      expect(
        await teamAdmin.must(201, 'POST', members, { email: email.toUpperCase(), allow_unproven: true }),
      ).toMatchObject({
        user: { id: newcomer.id, email_verified: false },
        role: 'member',
      });
      expectProblem(await teamAdmin.send('POST', members, { email }), 'already-member');
      await teamAdmin.must(204, 'DELETE', `${members}/${newcomer.id}`);
      await prove(database, newcomer);
      expect(await teamAdmin.must(201, 'POST', members, { email, role: 'admin' })).toMatchObject({
        user: { email_verified: true },
        role: 'admin',
      });
      expectProblem(await teamAdmin.send('POST', members, { email: 'nobody@example.com' }), 'not-found');
      expectProblem(await outsider.send('POST', members, { email: 'nobody@example.com' }), 'forbidden');
      expectProblem(await teamAdmin.send('POST', members, { email: 'nobody' }), 'invalid-input');
    });
  });

  describe('DELETE /teams/{id}/members/{user_id}', () => {
    it('is for admins of the team and for oneself, and 404 for who is no member', async () => {
      expectProblem(await member.send('DELETE', `${path}/members/${teamAdmin.id}`), 'forbidden');
      expectProblem(await outsider.send('DELETE', `${path}/members/${member.id}`), 'forbidden');
      expectProblem(await outsider.send('DELETE', `${path}/members/${outsider.id}`), 'not-found');
      await member.must(204, 'DELETE', `${path}/members/${member.id}`);
      expectProblem(await member.send('GET', path), 'forbidden');
      expectProblem(await admin.send('DELETE', `${path}/members/${member.id}`), 'not-found');
      await owner.must(204, 'DELETE', `${path}/members/${teamAdmin.id}`);
      expect(await roleOf(teamAdmin)).toBeUndefined();
    });

    it('ends what a provider gives too; what is given by hand stays when the provider stops giving it (R85)', async () => {
      await database.query(
        `UPDATE team_memberships SET given_by_hand = false, role = NULL, provider_issuers = '{https://idp.example}'
         WHERE team_id = $1 AND user_id = $2`,
        [team.id, member.id],
      );
      await admin.must(200, 'PUT', `${path}/members/${member.id}`);
      const marks = `SELECT given_by_hand, provider_issuers FROM team_memberships WHERE team_id = $1 AND user_id = $2`;
      expect(await database.query(marks, [team.id, member.id])).toEqual([
        { given_by_hand: true, provider_issuers: ['https://idp.example'] },
      ]);
      await admin.must(204, 'DELETE', `${path}/members/${member.id}`);
      expect(await database.query(marks, [team.id, member.id])).toEqual([]);
    });
  });

  describe('the last owner (R56)', () => {
    it('is neither demoted nor removed, by whomever', async () => {
      const place = `${path}/members/${owner.id}`;
      for (const user of [owner, admin]) {
        expectProblem(await user.send('PUT', place, { role: 'admin' }), 'last-owner');
        expectProblem(await user.send('PUT', place, { role: 'member' }), 'last-owner');
        expectProblem(await user.send('DELETE', place), 'last-owner');
      }
      expect(await roleOf(owner)).toBe('owner');
    });

    it('is one who is active: a second owner who is switched off does not count', async () => {
      const second = await aUser(service);
      await owner.must(201, 'PUT', `${path}/members/${second.id}`, { role: 'owner' });
      await database.query('UPDATE users SET is_active = false WHERE id = $1', [second.id]);
      expectProblem(await owner.send('DELETE', `${path}/members/${owner.id}`), 'last-owner');
      await owner.must(200, 'PUT', `${path}/members/${second.id}`, { role: 'member' });
    });

    it('is not needed by a team that never had one', async () => {
      const { id } = await admin.must<Team>(201, 'POST', '/teams', { name: randomUUID() });
      await admin.must(201, 'PUT', `/teams/${id}/members/${member.id}`, { role: 'admin' });
      await member.must(204, 'DELETE', `/teams/${id}/members/${member.id}`);
    });
  });
});
