import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { register } from '../support/http/accounts';
import { built } from '../support/process/build';
import { goodRequests } from '../support/http/every-route';
import { send } from '../support/http/http';
import { NODE, OTHER_NODES } from '../support/process/node';
import { startService } from '../support/process/service';
import { changePassword, refreshed } from '../support/tokens/sessions';
import { useDatabase } from '../support/database/test-database';

const DAY_MS = 86_400_000;
const NODES = [NODE, ...OTHER_NODES].map(
  (path) => [execFileSync(path, ['--version'], { encoding: 'utf8' }).trim(), path] as const,
);

/** Labels with letters from all of Unicode, also such that only some versions know, and their Punycode, right and wrong. */
const DOMAINS = `
  const { normaliseAddressDomain } = require(${JSON.stringify(built('src/common/validation/address-domain.js'))});
  const { webAddress } = require(${JSON.stringify(built('src/common/validation/web-address.js'))});
  const sum = require('node:crypto').createHash('sha256');
  let taken = 0, refused = 0;
  for (let point = 0x80; point <= 0x3ffff; point += 41) {
    const letter = String.fromCodePoint(point);
    const labels = ['a' + letter, letter, 'xn--' + point.toString(36), 'xn--a-' + point.toString(36)];
    for (const domain of labels.map((label) => label + '.example')) {
      const form = normaliseAddressDomain(domain);
      if (form === undefined) refused++;
      else taken++;
      sum.update(domain + ' ' + form + ' ' + webAddress('https://' + domain) + '\\n');
    }
  }
  process.stdout.write(taken + ' taken, ' + refused + ' refused, ' + sum.digest('hex'));`;

describe('versions of Node.js', () => {
  const database = useDatabase();

  it.each(NODES)('%s runs the service, which brings forth no warning of Node.js', async (_version, node) => {
    const env = { AUTH_ALLOW_DEV_HEADERS: 'true' };
    const service = await startService({ databaseUrl: database.url, env, node });
    const account = await register(service);
    for (const { send: request } of goodRequests(account)) {
      expect((await request(service)).status).toBeLessThan(300);
    }
    await refreshed(service, account.refreshToken);
    const changed = await changePassword(service, account.token, account.password, 'another one');
    expect(changed.status).toBeLessThan(300);
    for (const path of ['/docs', '/openapi.json', '/.well-known/jwks.json']) {
      expect((await send(service, 'GET', path)).status).toBe(200);
    }
    const headers = { 'X-User-Email': account.email };
    expect((await send(service, 'GET', '/auth/me', { headers })).status).toBe(200);
    expect(await service.stop()).toBe(0);
    expect(service.output()).not.toMatch(/\(node:\d+\)|Warning:/);
  });

  it('agree on which domains an address may have, and how they are written (D10)', () => {
    const answers = NODES.map(([, node]) => execFileSync(node, ['-e', DOMAINS], { encoding: 'utf8' }));
    expect(answers[0]).toMatch(/^\d+ taken, \d+ refused, [0-9a-f]{64}$/);
    expect(new Set(answers)).toEqual(new Set([answers[0]]));
  });

  it.each([
    ['production', 'error'],
    ['development', 'warn'],
  ])('in %s, one past its support is told in one line of the level %s at start', async (mode, level) => {
    const lines = (await linesAtStart(mode, '2040-01-01')).filter(({ msg }) => /^Node\.js/.test(String(msg)));
    expect(lines).toMatchObject([{ level, msg: expect.stringMatching(/no security fixes since 20\d\d-/) }]);
  });

  it('says nothing of one that is supported', async () => {
    const lines = await linesAtStart('production', '2026-01-01');
    expect(lines.filter(({ msg }) => /Node\.js/.test(String(msg)))).toEqual([]);
  });

  /** The log lines of a start on a day. */
  async function linesAtStart(mode: string, day: string): Promise<Record<string, unknown>[]> {
    const shift = Math.round((Date.parse(day) - Date.now()) / DAY_MS) * DAY_MS;
    const service = await startService({
      databaseUrl: database.url,
      env: {
        NODE_ENV: mode,
        NODE_OPTIONS: `--require ${join(__dirname, '../support/process/shift-clock.cjs')}`,
        CLOCK_SHIFT_MS: String(shift),
        AUTH_PASSWORD_HASH_COST: '10',
      },
    });
    await service.stop();
    return service.logs();
  }
});
