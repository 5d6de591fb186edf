import type { DataSource } from 'typeorm';
import type { Database } from '../../src/database/database';
import type { IdentityContext } from '../../src/security/identity-context';
import type { Scope } from '../../src/security/permissions';
import {
  servicePrincipal,
  userPrincipal,
  type Principal,
  type ServicePrincipal,
} from '../../src/security/principal';
import { AuthorityService } from '../../src/users/authority.service';
import { UsersRepository } from '../../src/users/users.repository';
import { eventually } from '../support/process/eventually';
import { openServiceDatabase } from '../support/database/service-database';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe('authority is decided in the transaction of the act (R56)', () => {
  let database: TestDatabase;
  let source: DataSource;
  let transactions: Database;
  let authority: AuthorityService;

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ source, service: transactions } = await openServiceDatabase(database.url));
    authority = new AuthorityService(new UsersRepository(transactions));
    await user('admin'); // never the last one
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  async function user(role: 'user' | 'admin'): Promise<string> {
    const [row] = await database.query<{ id: string }>(
      `INSERT INTO users (email, name, role) VALUES (gen_random_uuid() || '@example.com', 'Ada', $1) RETURNING id`,
      [role],
    );
    return row?.id ?? '';
  }

  /** As the guard has found them, perhaps long ago. */
  const caller = (id: string): Principal =>
    userPrincipal({
      method: 'local-jwt',
      identity: { id, role: 'admin', isActive: true } as Partial<IdentityContext> as IdentityContext,
      authenticationAge: 0,
    });

  /** A service with a key, as the guard has found it. */
  async function service(scopes: Scope[]): Promise<ServicePrincipal> {
    const [row] = await database.query<{ id: string; key_id: string }>(
      `WITH account AS (INSERT INTO service_accounts (name, scopes) VALUES (gen_random_uuid()::text, $1) RETURNING id)
       SELECT id, gen_random_uuid() AS key_id FROM account`,
      [scopes],
    );
    if (!row) throw new Error('there is no account');
    const { id, key_id: keyId } = row;
    await database.query(`INSERT INTO service_keys (id, account_id, secret_hash) VALUES ($1, $2, '')`, [
      keyId,
      id,
    ]);
    return servicePrincipal({ id, name: 'Reader', scopes, keyId });
  }

  const act = (principal: Principal, userIds: readonly string[] = []) =>
    transactions.transaction((manager) => authority.require(principal, 'users:write', manager, userIds));

  it('lets an administrator act, and hands out those acted on as they stand', async () => {
    const [admin, other] = [await user('admin'), await user('user')];
    const held = await act(caller(admin), [other, admin, other]);
    expect(held.user(other)).toMatchObject({ id: other, role: 'user', isActive: true, hasPassword: false });
    expect(held.user(admin)?.role).toBe('admin');
    expect(held.may('tokens:validate')).toBe(false);
  });

  it.each([
    [`UPDATE users SET role = 'user' WHERE id = $1`, 'forbidden'],
    ['UPDATE users SET is_active = false WHERE id = $1', 'invalid-token'],
    ['DELETE FROM users WHERE id = $1', 'invalid-token'],
  ])('refuses a caller after %s, whatever the guard has found before', async (sql, code) => {
    const admin = await user('admin');
    await database.query(sql, [admin]);
    await expect(act(caller(admin))).rejects.toMatchObject({ code });
  });

  it('waits for a demotion that is under way, which then wins', async () => {
    const admin = await user('admin');
    const runner = source.createQueryRunner();
    await runner.startTransaction();
    await runner.query(`UPDATE users SET role = 'user' WHERE id = $1`, [admin]);
    const acting = expect(act(caller(admin))).rejects.toMatchObject({ code: 'forbidden' });
    await eventually('the act waits', async () => {
      const waiting = await database.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return waiting.length > 0 || undefined;
    });
    await runner.commitTransaction();
    await runner.release();
    await acting;
  });

  it('lets acts of one administrator on different users go on side by side', async () => {
    const [admin, first, second] = [await user('admin'), await user('user'), await user('user')];
    await transactions.transaction(async (manager) => {
      await authority.require(caller(admin), 'users:write', manager, [first]);
      await act(caller(admin), [second]);
    });
  });

  it('gives a service what its scopes name', async () => {
    const reader = await service(['users:read']);
    await expect(act(reader)).rejects.toMatchObject({ code: 'insufficient-scope', scope: 'users:write' });
    await act(await service(['users:write']));
  });

  it.each([
    [`UPDATE service_accounts SET scopes = '{teams:write}' WHERE id = $1`, 'insufficient-scope'],
    ['DELETE FROM service_keys WHERE account_id = $1', 'invalid-token'],
    [`UPDATE service_keys SET expires_at = now() WHERE account_id = $1`, 'invalid-token'],
    ['DELETE FROM service_accounts WHERE id = $1', 'invalid-token'],
  ])('refuses a service after %s, whatever the guard has found before', async (sql, code) => {
    const writer = await service(['users:write']);
    await database.query(sql, [writer.id]);
    await expect(act(writer)).rejects.toMatchObject({ code });
  });

  it('lets a service that may change users read them, and act on no administrator', async () => {
    const writer = await service(['users:write']);
    const [admin, other] = [await user('admin'), await user('user')];
    const held = await act(writer, [admin, other]);
    expect(held.may('users:read')).toBe(true);
    expect(held.may('teams:write')).toBe(false);
    const over = (principal: Principal, id: string) => () => held.requireOver(principal, held.user(id)!);
    expect(over(writer, admin)).toThrow(expect.objectContaining({ code: 'forbidden' }));
    expect(over(writer, other)).not.toThrow();
    expect(over(caller(admin), admin)).not.toThrow();
  });
});
