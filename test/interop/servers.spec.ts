import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { register, type Account } from '../support/http/accounts';
import { send } from '../support/http/http';
import { describeWith, freePort } from '../support/process/debian';
import { blocksOf } from '../support/process/markdown';
import { forge, payloadOf } from '../support/tokens/tokens';
import { newKey } from '../support/tokens/keys';
import { startService, TEST_SECRET, type Service } from '../support/process/service';
import { useDatabase } from '../support/database/test-database';
import { signWith } from '../support/providers/provider-stub';
import { createPrivateKey } from 'node:crypto';
import { SERVERS, type InteropServer, type RunningServer } from './servers';

const PAGE = join(__dirname, '../../docs/integrate/tested-with.md');
const MARKS = /(<!-- servers: .*-->\n)[^]*(<!-- end of servers -->)/;
const HERE = 'https://auth.example.com';

const database = useDatabase();
const versions = new Map<string, string>();

for (const server of SERVERS) {
  describeWith([server.program])(server.name, () => {
    let service: Service;
    let account: Account;
    let running: RunningServer;
    let privateKey: string | undefined;

    beforeAll(async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const env = settingsOf(server, url);
      const key = env.AUTH_JWT_ALGORITHM === 'ES256' ? newKey('ES256').signing : {};
      privateKey = key.AUTH_JWT_PRIVATE_KEY?.replaceAll('\\n', '\n');
      service = await startService({
        databaseUrl: database.url,
        env: { ...env, ...key, PORT: String(port) },
      });
      account = await register(service);
      const { body } = await send<{ keys: { kid: string }[] }>(service, 'GET', '/.well-known/jwks.json');
      const blocks = blocksOf(join('docs/integrate/servers', server.page))
        .filter(({ language }) => language === 'ini' || language === 'apache')
        .map(({ text }) => text.replaceAll(HERE, url));
      running = await server.start(blocks, {
        url,
        privateKey,
        kid: body.keys[0]?.kid,
        email: account.email,
      });
      const [program = '', ...args] = server.version;
      const said = execFileSync(program, args, { encoding: 'utf8' });
      versions.set(server.name, /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim());
    }, 60_000);

    afterAll(async () => {
      await running?.server.stop();
      await service?.stop();
    });

    /** The token of the account with other claims, signed by us. */
    const signed = (changes: object) => {
      const [head = ''] = account.token.split('.');
      const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
      const claims = { ...payloadOf(account.token), ...changes };
      return privateKey === undefined
        ? forge(account, { header, claims })
        : signWith(createPrivateKey(privateKey), 'ES256', header, claims);
    };

    it('takes our token, with the configuration of its page', async () => {
      expect(await running.takes(account.token)).toBe(true);
      expect(await running.takes(signed({}))).toBe(true);
    });

    it('refuses an altered token, an expired one, and none', async () => {
      const [head = '', payload = '', signature = ''] = account.token.split('.');
      const other = Buffer.from(JSON.stringify({ ...payloadOf(account.token), sub: 'eve@example.com' }));
      const answers = {
        altered: await running.takes(`${head}.${other.toString('base64url')}.${signature}`),
        expired: await running.takes(signed({ iat: 1_000_000, exp: 1_000_060 })),
        unsigned: await running.takes(`${head}.${payload}.`),
        none: await running.takes(''),
      };
      expect(answers).toEqual({ altered: false, expired: false, unsigned: false, none: false });
    });

    it(`${server.checksAudience ? 'refuses' : 'takes'} a token for another audience, as its page says`, async () => {
      expect(await running.takes(signed({ aud: 'https://other.example' }))).toBe(!server.checksAudience);
    });
  });
}

it('docs/integrate/tested-with.md holds the table of these results', () => {
  if (versions.size < SERVERS.length) return; // not all are installed; CI has them
  const page = readFileSync(PAGE, 'utf8');
  const written = page.replace(
    MARKS,
    (_whole, begin: string, end: string) => `${begin}\n${table()}\n\n${end}`,
  );
  if (process.env.INTEROP_WRITE === 'true') writeFileSync(PAGE, written);
  else expect(page).toBe(written);
});

function table(): string {
  const head = ['Server', 'Version', 'Set here', 'Verdict', 'Mind'];
  const rows = SERVERS.map(({ name, page, here, note }) => {
    const link = `[${name}](servers/${page})`;
    return [link, versions.get(name), here, 'takes our tokens, refuses altered and expired ones', note];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `<!-- prettier-ignore -->\n${lines.join('\n')}`;
}

/** The settings of the page, at the address of this run. */
function settingsOf({ page }: InteropServer, url: string): Record<string, string> {
  const block = blocksOf(join('docs/integrate/servers', page)).find(({ language }) => language === 'env');
  const settings = parseEnv((block?.text ?? '').replaceAll(HERE, url)) as Record<string, string>;
  return { AUTH_JWT_SECRET_KEY: TEST_SECRET, ...settings };
}
