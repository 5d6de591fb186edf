import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { register, type Account } from '../../support/http/accounts';
import { bearer, send } from '../../support/http/http';
import { HAPROXY, NGINX } from '../../support/http/reverse-proxies';
import { describeWith, startSystemServer, type SystemServer } from '../../support/process/debian';
import { blocksOf } from '../../support/process/markdown';
import { useResource } from '../../support/process/use-resource';
import { useService } from '../../support/process/use-service';

const PAGES = ['nginx', 'haproxy'].map((name) => `docs/integrate/consumers/${name}.md`);
/** The first block of each language. */
const BLOCKS = new Map(
  PAGES.flatMap(blocksOf)
    .map(({ language, text }) => [language, text] as const)
    .reverse(),
);

/** Starts a gateway with the blocks of the page, in which the ports of the test stand for the page's. */
type StartGateway = (ports: { readonly auth: number; readonly service: number }) => Promise<SystemServer>;

function block(language: string, ports: Readonly<Record<number, number>>): string {
  let text = BLOCKS.get(language) ?? '';
  for (const [from, to] of Object.entries(ports))
    text = text.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`);
  return text;
}

const startNginx: StartGateway = ({ auth, service }) =>
  startSystemServer({
    program: NGINX,
    args: ({ folder, configFile }) => ['-p', folder, '-c', configFile, '-e', 'stderr'],
    config: ({ folder, port }) => `
      daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr crit;
      events { worker_connections 128; }
      http {
        access_log off;
        client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
        uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
        server { listen 127.0.0.1:${port};
          ${block('nginx', { 8001: auth, 3000: service })}
        }
      }`,
  });

const startHaproxy: StartGateway = ({ auth, service }) =>
  startSystemServer({
    program: HAPROXY,
    args: ({ configFile }) => ['-db', '-f', configFile],
    files: { 'verify.lua': block('lua', { 8001: auth }) },
    config: ({ folder, port }) => `
global
  lua-load ${folder}/verify.lua
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${block('haproxy', { 8080: port, 3000: service })}
`,
  });

describeWith([NGINX, HAPROXY])('behind the gateways of the page', () => {
  const service = useService();
  let behind: Server;
  let received: { method: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  let account: Account;

  useResource(
    async () => {
      behind = createServer((request, response) => {
        let body = '';
        request.on('data', (chunk: Buffer) => (body += chunk.toString()));
        request.on('end', () => {
          received.push({ method: request.method, headers: request.headers, body });
          response.writeHead(request.url === '/broken' ? 500 : 200, { 'X-Behind': 'yes' }).end('behind');
        });
      });
      await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
    },
    () => new Promise((resolve) => behind.close(resolve)),
  );

  beforeAll(async () => {
    account = await register(service);
  });

  const portOf = (server: Server) => (server.address() as AddressInfo).port;

  describe.each([
    ['nginx', startNginx],
    ['HAProxy', startHaproxy],
  ])('%s', (_name, start) => {
    let gateway: SystemServer;
    useResource(
      async () => (gateway = await start({ auth: service.port, service: portOf(behind) })),
      () => gateway.stop(),
    );
    beforeEach(() => (received = []));

    const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
      send({ url: `http://127.0.0.1:${gateway.port}` }, method, path, {
        headers,
        ...(body !== undefined && { body }),
      });

    it('passes a user on, with what the service is told of them, and nothing that the client says', async () => {
      const forged = {
        ...{
          'X-Auth-User-Id': 'mallory',
          'X-Auth-Role': 'admin',
          'X-Auth-Teams': 'x',
          'X-Auth-Domains': 'y',
        },
        ...{ 'X-Auth-Email': 'mallory@example.com', 'X-Auth-Name': 'Mallory' },
      };
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const body = method === 'POST' || method === 'PUT' ? '{"a":1}' : undefined;
        const answer = await ask(
          method,
          '/some/path',
          { ...forged, ...bearer(account.token), 'If-None-Match': '*' },
          body,
        );
        expect([answer.status, answer.text]).toEqual([200, 'behind']);
        expect(received.at(-1)).toMatchObject({
          method,
          body: body ?? '',
          headers: {
            'x-auth-user-id': account.id,
            'x-auth-email': account.email,
            'x-auth-name': account.name,
            'x-auth-role': 'user',
            'x-auth-domains': 'engineering',
          },
        });
        expect(JSON.stringify(received.at(-1)?.headers)).not.toContain('allory');
      }
    });

    it('R47: refuses nobody’s request and a bad token with the challenge of the service', async () => {
      const none = await ask('GET', '/', { 'X-Auth-User-Id': 'mallory' });
      expect([none.status, none.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="promptstack-auth"',
      ]);
      const bad = await ask('POST', '/', bearer('a.b.c'), '{}');
      expect([bad.status, bad.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="promptstack-auth", error="invalid_token"',
      ]);
      expect(received).toEqual([]);
    });

    it('gives the answers of the service behind back as they are', async () => {
      const broken = await ask('GET', '/broken', bearer(account.token));
      expect([broken.status, broken.headers.get('x-behind')]).toEqual([500, 'yes']);
    });
  });

  describe.each([
    ['nginx', startNginx],
    ['HAProxy', startHaproxy],
  ])('%s, where the service cannot decide, or refuses', (_name, start) => {
    let status = 503;
    let auth: Server;
    let gateway: SystemServer;
    useResource(
      async () => {
        auth = createServer((_request, response) =>
          response.writeHead(status, status === 503 ? { 'Retry-After': '2' } : {}).end(),
        );
        await new Promise<void>((resolve) => auth.listen(0, '127.0.0.1', resolve));
        gateway = await start({ auth: portOf(auth), service: portOf(behind) });
      },
      async () => {
        await gateway.stop();
        await new Promise((resolve) => auth.close(resolve));
      },
    );

    it.each([
      [403, 403, null],
      [503, 503, '2'],
      [500, 503, '2'],
    ])('lets nobody pass: %p is %p', async (answered, expected, retryAfter) => {
      received = [];
      status = answered;
      const answer = await send({ url: `http://127.0.0.1:${gateway.port}` }, 'GET', '/', {
        headers: bearer(account.token),
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([expected, retryAfter]);
      expect(received).toEqual([]);
    });
  });
});
