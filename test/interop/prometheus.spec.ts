import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { anAdmin } from '../support/http/administration';
import { send } from '../support/http/http';
import { aService, type ServiceClient } from '../support/http/services';
import { describeWith, startSystemServer, type SystemServer } from '../support/process/debian';
import { eventually } from '../support/process/eventually';
import { blocksOf } from '../support/process/markdown';
import { useResource } from '../support/process/use-resource';
import { useService } from '../support/process/use-service';
import { newKey } from '../support/tokens/keys';
import { holdRow } from './result-table';

const PROMETHEUS = '/usr/bin/prometheus';
const CONFIG = blocksOf('docs/integrate/servers/prometheus.md').find(({ language }) => language === 'yaml');

describeWith([PROMETHEUS])('Prometheus with client credentials', () => {
  const service = useService({ env: { AUTH_JWT_ALGORITHM: 'ES256', ...newKey('ES256').signing } });
  const prometheus: SystemServer[] = [];
  const scrapers: (string | undefined)[] = [];
  let target: Server;
  let client: ServiceClient;

  useResource(
    async () => {
      client = await aService(await anAdmin(service, service.database), []);
      target = createServer((request, response) => {
        const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
        void send<{ service?: { id: string } }>(service, 'POST', '/auth/validate', {
          body: { token, accept: ['service'] },
        }).then(({ body }) => {
          scrapers.push(body.service?.id);
          response.writeHead(body.service?.id === client.id ? 200 : 401).end('prompts_stored 7\n');
        });
      }).listen(0, '127.0.0.1');
      await once(target, 'listening');
    },
    async () => {
      await Promise.all(prometheus.map((server) => server.stop()));
      target.close();
    },
  );

  /** Starts Prometheus with the block of the page; answers a question to it. */
  async function start(secret: string): Promise<(expr: string) => Promise<string | undefined>> {
    const jobs = (CONFIG?.text ?? '')
      .replaceAll('https://auth.example.com', service.url)
      .replace('prompt-store.example.com:9100', `127.0.0.1:${(target.address() as AddressInfo).port}`)
      .replace('CLIENT_ID', client.id)
      .replace('CLIENT_KEY', secret);
    const server = await startSystemServer({
      program: PROMETHEUS,
      config: () => `global:\n  scrape_interval: 1s\n${jobs}\n`,
      args: ({ configFile, folder, port }) => [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    });
    prometheus.push(server);
    return async (expr) => {
      const url = `http://127.0.0.1:${server.port}/api/v1/query?query=${encodeURIComponent(expr)}`;
      const answer = (await (await fetch(url)).json()) as {
        data: { result: readonly { value: [number, string] }[] };
      };
      return answer.data.result[0]?.value[1];
    };
  }

  it('gets a token and scrapes a target that accepts tokens of services, as the page has it', async () => {
    const ask = await start(client.key);
    await eventually('the target is up', async () => (await ask('up{job="prompt-store"} == 1')) ?? undefined);
    expect(await ask('prompts_stored')).toBe('7');
    expect(scrapers).toContain(client.id);
  });

  it('has the target down with another secret, and never sends the target a token', async () => {
    const before = scrapers.length;
    const ask = await start(`${client.key.slice(0, -4)}0000`);
    await eventually(
      'the target is down',
      async () => (await ask('up{job="prompt-store"} == 0')) ?? undefined,
    );
    expect(scrapers.slice(before).every((id) => id === client.id)).toBe(true);
  });

  it('has its row of these results in docs/integrate/tested-with.md', () => {
    const said = execFileSync(PROMETHEUS, ['--version'], { encoding: 'utf8' });
    holdRow('servers', [
      '[Prometheus](servers/prometheus.md)',
      /version (\d+(\.\d+)+)/.exec(said)?.[1],
      'service (client credentials)',
      '`oauth2` with `token_url`',
      'a service account',
      'gets a token and sends it to its target; none with another secret',
      'a 401 of the target brings no new token',
    ]);
  });
});
