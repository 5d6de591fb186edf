import { networkInterfaces } from 'node:os';
import { freePort } from '../support/process/debian';
import { startService } from '../support/process/service';
import { useDatabase } from '../support/database/test-database';

describe('warnings at start', () => {
  const database = useDatabase();

  /** The warnings of a start, once it has listened and stopped. */
  async function warningsOf(env: Record<string, string>): Promise<string[]> {
    const service = await startService({
      databaseUrl: database.url,
      env: { PORT: String(await freePort()), ...env }, // a quiet log does not tell it
    });
    await service.stop();
    const lines = service.logs().filter(({ level }) => level === 'warn' || level === 'error');
    return lines.map(({ msg }) => String(msg)).filter((msg) => /^(AUTH_|DATABASE_URL|POST )/.test(msg));
  }

  it.each(['info', 'error', 'silent'])(
    'R82: tell of every unsafe mode of production, also with AUTH_LOG_LEVEL=%s',
    async (level) => {
      const warnings = await warningsOf({
        NODE_ENV: 'production',
        AUTH_PASSWORD_HASH_COST: '10',
        AUTH_LOG_LEVEL: level,
      });
      const names = warnings.map((warning) => /^\S+( \/\S+)?/.exec(warning)?.[0]);
      const expected = ['AUTH_AUDIT_KEY', 'POST /auth/validate', 'DATABASE_URL', 'AUTH_PUBLIC_URL'];
      expect(names).toEqual(level === 'info' ? expected : [...expected, 'AUTH_LOG_LEVEL']);
    },
  );

  it.each(['info', 'silent'])(
    'R87: name once where development headers are believed, also with AUTH_LOG_LEVEL=%s',
    async (level) => {
      const warnings = await warningsOf({ AUTH_ALLOW_DEV_HEADERS: 'true', AUTH_LOG_LEVEL: level });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^AUTH_ALLOW_DEV_HEADERS is true/);
      for (const { address } of Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])) {
        const host = address.includes(':') ? `[${address}]` : address;
        expect(warnings[0]).toMatch(new RegExp(`http://${host.replaceAll(/[[\].]/g, '\\$&')}:\\d+`));
      }
    },
  );

  it('R87: are silent on headers that are off', async () => {
    expect(await warningsOf({})).toEqual([]);
  });
});
