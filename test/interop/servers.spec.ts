import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import { request } from 'node:http';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { register, type Account } from '../support/http/accounts';
import { anAdmin } from '../support/http/administration';
import { makeSignedCertificate, type Certificate } from '../support/http/certificate';
import { bearer, send } from '../support/http/http';
import { aService } from '../support/http/services';
import { describeWith, freePort } from '../support/process/debian';
import { blocksOf, type Block } from '../support/process/markdown';
import { forge, payloadOf } from '../support/tokens/tokens';
import { newKey } from '../support/tokens/keys';
import { startService, TEST_SECRET, type Service } from '../support/process/service';
import { useDatabase } from '../support/database/test-database';
import { signWith } from '../support/providers/provider-stub';
import { holdRow, namesIn, RUNS_ALL } from './result-table';
import { SERVERS } from './servers';
import type { InteropServer, RunningServer } from './servers/server';

const HERE = 'https://auth.example.com';

const database = useDatabase();
const chosen = SERVERS.filter(({ large }) => RUNS_ALL || large !== true);

for (const server of chosen) {
  describeWith([server.program])(server.name, () => {
    let service: Service;
    let account: Account;
    let running: RunningServer;
    let privateKey: string | undefined;
    let algorithm: 'ES256' | 'RS256' | 'HS256';
    let front: Server | undefined;

    beforeAll(async () => {
      const port = await freePort();
      const certificate = await makeSignedCertificate();
      front = server.tls && (await startFront(certificate, port));
      const url = front ? `https://localhost:${portOf(front)}` : `http://127.0.0.1:${port}`;
      const env = settingsOf(server, url);
      algorithm = env.AUTH_JWT_ALGORITHM as typeof algorithm;
      const key = algorithm === 'HS256' ? {} : newKey(algorithm).signing;
      privateKey = key.AUTH_JWT_PRIVATE_KEY?.replaceAll('\\n', '\n');
      service = await startService({
        databaseUrl: database.url,
        env: { ...env, ...key, PORT: String(port) },
      });
      account = await register(service);
      const { body, text } = await send<{ keys: { kid: string }[] }>(
        service,
        'GET',
        `/.well-known/jwks.json?alg=${algorithm}`,
      );
      const client = await aService(await anAdmin(service, database), ['tokens:validate']);
      const blocks = configurationOf(server).map((block) =>
        block.replaceAll(HERE, url).replaceAll('CLIENT_ID', client.id).replaceAll('CLIENT_KEY', client.key),
      );
      running = await server.start(blocks, {
        url,
        privateKey,
        kid: body.keys[0]?.kid,
        email: account.email,
        oneKeySet: text,
        authority: certificate.file,
      });
    }, 90_000);

    afterAll(async () => {
      await running?.server.stop();
      await service?.stop();
      front?.close();
    });

    /** The token of the account with other claims, signed by us. */
    const signed = (changes: object) => {
      const [head = ''] = account.token.split('.');
      const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
      const claims = { ...payloadOf(account.token), ...changes };
      return privateKey === undefined || algorithm === 'HS256'
        ? forge(account, { header, claims })
        : signWith(createPrivateKey(privateKey), algorithm, header, claims);
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

    it(`${server.takesRefreshToken ? 'takes' : 'refuses'} a refresh token, as its page says`, async () => {
      expect(await running.takes(account.refreshToken)).toBe(server.takesRefreshToken === true);
    });

    it(`${server.noticesSignOut ? 'refuses' : 'takes'} the token of an ended session, as its page says`, async () => {
      const { status } = await send(service, 'POST', '/auth/logout', { headers: bearer(account.token) });
      expect(status).toBe(204);
      expect(await running.takes(account.token)).toBe(!server.noticesSignOut);
    });

    it('has its row of these results in docs/integrate/tested-with.md', () => {
      const { name, page, token, there, here, note } = server;
      const verdict = `takes our tokens, refuses altered and expired ones; ${
        server.noticesSignOut ? 'notices a sign-out at once' : 'notices no sign-out'
      }`;
      holdRow('servers', [
        `[${name}](servers/${page})`,
        versionOf(server),
        token,
        there,
        here,
        verdict,
        note,
      ]);
    });
  });
}

it('docs/integrate/tested-with.md has a row for each server, and no other', () => {
  const others = ['[FreeRADIUS](servers/freeradius.md)', '[Prometheus](servers/prometheus.md)'];
  const known = SERVERS.map(({ name, page }) => `[${name}](servers/${page})`);
  expect(namesIn('servers').sort()).toEqual([...known, ...others].sort());
});

function versionOf({ version, name }: InteropServer): string {
  const [program = '', ...args] = version;
  const said = execFileSync(program, args, { encoding: 'utf8' });
  const found = /\d+(\.\d+)+/.exec(said)?.[0];
  if (found === undefined) throw new Error(`${name} tells no version: ${said}`);
  return found;
}

/** The blocks of the page that hold its configuration. */
function configurationOf({ page, blocks }: InteropServer): string[] {
  const all = blocksOf(join('docs/integrate/servers', page)).filter(({ language }) =>
    ['ini', 'apache', 'python', 'yaml'].includes(language),
  );
  const chosenBlocks = blocks ? blocks.map((mark) => all.find((block) => block.mark === mark)) : all;
  return chosenBlocks.map((block) => (block as Block).text);
}

/** The settings of the page, at the address of this run. */
function settingsOf({ page, blocks }: InteropServer, url: string): Record<string, string> {
  const all = blocksOf(join('docs/integrate/servers', page)).filter(({ language }) => language === 'env');
  const block = all.find(({ mark }) => mark !== undefined && blocks?.includes(mark)) ?? all[0];
  const settings = parseEnv((block?.text ?? '').replaceAll(HERE, url)) as Record<string, string>;
  return { AUTH_JWT_SECRET_KEY: TEST_SECRET, ...settings };
}

/** A front with TLS for a service, on a port of its own. */
async function startFront({ key, cert }: Certificate, port: number): Promise<Server> {
  const front = createServer({ key, cert }, (incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((done) => front.listen(0, '127.0.0.1', done));
  return front;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
