import { bearer, send } from '../../support/http/http';
import { built } from '../../support/process/build';
import { run, type Ended } from '../../support/process/program';
import { useService } from '../../support/process/use-service';

describe('npm run service-accounts', () => {
  const service = useService();
  const { database } = service;

  const command = (...args: string[]): Promise<Ended> =>
    run('node', [built('src/cli/service-accounts.cli.js'), ...args], {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
    });
  const keyOf = ({ output }: Ended) => /^client_secret: (psk_[\w-]+)$/m.exec(output)?.[1] ?? '';
  const works = async (key: string) =>
    (await send(service, 'GET', '/users', { headers: bearer(key) })).status === 200;
  const auditOf = ({ output }: Ended) =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as Record<string, unknown>).msg);

  it('creates an account with a key, adds a key, lists both without secrets, and revokes all', async () => {
    const created = await command('create', 'Prompt store', '--scopes', 'tokens:validate, users:read');
    expect(created.status).toBe(0);
    expect(auditOf(created)).toEqual(['service-account.created', 'service-key.created']);
    const rotated = await command('rotate', 'Prompt store', '--expires', '2100-01-01');
    expect(auditOf(rotated)).toEqual(['service-key.created']);
    const keys = [keyOf(created), keyOf(rotated)];
    for (const key of keys) expect(await works(key)).toBe(true);
    const listed = await command('list');
    expect(listed.output).toContain('Prompt store  [tokens:validate, users:read]');
    expect(listed.output).toContain('expires 2100-01-01T00:00Z');
    expect(listed.output).not.toContain('psk_');
    const revoked = await command('revoke', 'Prompt store');
    expect(revoked).toMatchObject({ status: 0, output: expect.stringContaining('2 keys revoked') });
    expect(auditOf(revoked)).toEqual(['service-key.revoked']);
    for (const key of keys) expect(await works(key)).toBe(false);
    expect((await command('revoke', 'Prompt store')).output).toContain('0 keys revoked');
    const [account] = await database.query('SELECT name, owner_id FROM service_accounts');
    expect(account).toEqual({ name: 'Prompt store', owner_id: null });
  });

  it.each([
    [['create', 'x'], '--scopes must be'],
    [['create', 'x', '--scopes', 'everything'], '--scopes must be'],
    [['create', 'x', '--scopes', 'users:read', '--expires', '2020-01-01'], '--expires must be'],
    [['create', '--scopes', 'users:read'], 'the name is missing'],
    [['create', 'a', 'b', '--scopes', 'users:read'], 'quote a name'],
    [['list', '--scopes', 'users:read'], '--scopes goes with create'],
    [['remove', 'x'], 'the command is'],
    [['rotate', 'Nobody'], 'there is no service account with this name'],
    [['revoke', 'Nobody'], 'there is no service account with this name'],
  ])('%j fails and says why', async (args, why) => {
    expect(await command(...args)).toMatchObject({ status: 1, output: expect.stringContaining(why) });
  });

  it('refuses a name that is taken, and shows no key then', async () => {
    const create = () => command('create', 'Twice', '--scopes', 'users:read');
    expect((await create()).status).toBe(0);
    const again = await create();
    expect(again).toMatchObject({ status: 1, output: expect.stringContaining('with this name') });
    expect(keyOf(again)).toBe('');
  });
});
