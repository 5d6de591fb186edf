import 'reflect-metadata';
import { Controller, Get, Module, UseGuards, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import express from 'express';
import fastify from 'fastify';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthClient, type AuthClient, type UserContext } from '../../../packages/client/src';
import { requireUser as expressUser } from '../../../packages/client/src/express';
import { requireUser as fastifyUser } from '../../../packages/client/src/fastify';
import { withUser } from '../../../packages/client/src/http';
import {
  AUTH_CLIENT,
  AuthClientGuard,
  AuthClientModule,
  CurrentUser,
  RequireDomain,
  RequireTeam,
} from '../../../packages/client/src/nest';
import { startTestDouble, type TestDouble } from '../../../packages/client/src/test-double';
import { bearer, send } from '../../support/http/http';
import { sendLines } from '../../support/http/raw-http';
import { useResource } from '../../support/process/use-resource';

const PEOPLE = [
  { email: 'ada@example.com', name: 'Ada', teams: ['Payments'], domains: ['shop'] },
  { email: 'bob@example.com', name: 'Bob' },
];

let double: TestDouble;
let client: AuthClient;
let team: string;
useResource(
  async () => {
    double = await startTestDouble({ people: PEOPLE });
    client = createAuthClient({ url: double.url, key: double.key, timeoutMs: 300 });
    await client.ready();
    team = double.signIn('ada@example.com').user.teams[0]?.id ?? '';
  },
  async () => {
    await client.close();
    await double.close();
  },
);

interface Consumer {
  readonly url: string;
  close(): Promise<unknown>;
}

async function listen(listener: RequestListener): Promise<Consumer> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function nest(): Promise<Consumer> {
  @Controller()
  @UseGuards(AuthClientGuard)
  class Routes {
    @Get('me')
    me(@CurrentUser() user: UserContext) {
      return { email: user.email };
    }

    @Get('team')
    @RequireTeam(team)
    team(@CurrentUser() user: UserContext) {
      return { email: user.email };
    }

    @Get('domain')
    @RequireDomain('shop')
    domain(@CurrentUser() user: UserContext) {
      return { email: user.email };
    }

    @Get('owner')
    @RequireTeam(team, 'owner')
    owner() {
      return {};
    }
  }

  @Module({ imports: [AuthClientModule.forRoot({ client })], controllers: [Routes] })
  class App {}

  const app = await NestFactory.create<INestApplication>(App, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

const CONSUMERS: Readonly<Record<string, () => Promise<Consumer>>> = {
  'node:http': () => {
    const echo = withUser(client, (_request, response, user) =>
      response.end(JSON.stringify({ email: user.email })),
    );
    const inTeam = withUser(
      client,
      (_request, response, user) => response.end(JSON.stringify({ email: user.email })),
      { team },
    );
    const inDomain = withUser(client, (_request, response) => response.end('{}'), { domain: 'shop' });
    const admin = withUser(client, (_request, response) => response.end('{}'), { role: 'admin' });
    const routes: Record<string, RequestListener> = {
      '/me': echo,
      '/team': inTeam,
      '/domain': inDomain,
      '/owner': admin,
    };
    return listen((request, response) => {
      response.setHeader('Content-Type', 'application/json');
      routes[request.url ?? '']?.(request, response);
    });
  },
  Express: () => {
    const app = express();
    app.get(
      '/me',
      expressUser(client),
      (request, response) => void response.json({ email: request.user?.email }),
    );
    app.get('/team', expressUser(client, { team }), (request, response) => {
      response.json({ email: request.user?.email });
    });
    app.get(
      '/domain',
      expressUser(client, { domain: 'shop' }),
      (_request, response) => void response.json({}),
    );
    app.get('/owner', expressUser(client, { role: 'admin' }), (_request, response) => void response.json({}));
    return listen(app as RequestListener);
  },
  Fastify: async () => {
    const app = fastify();
    const echo = (request: { user: UserContext }) => ({ email: request.user.email });
    app.get('/me', { onRequest: fastifyUser(client) }, echo);
    app.get('/team', { onRequest: fastifyUser(client, { team }) }, echo);
    app.get('/domain', { onRequest: fastifyUser(client, { domain: 'shop' }) }, () => ({}));
    app.get('/owner', { onRequest: fastifyUser(client, { role: 'admin' }) }, () => ({}));
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return { url, close: () => app.close() };
  },
  NestJS: nest,
};

describe.each(Object.entries(CONSUMERS))('%s', (_name, start) => {
  let consumer: Consumer;
  useResource(
    async () => {
      consumer = await start();
    },
    () => consumer.close(),
  );

  afterEach(() => double.outage(false));

  const tokenOf = (email: string) => double.signIn(email).access_token;

  it('hands the user on', async () => {
    const answer = await send(consumer, 'GET', '/me', { headers: bearer(tokenOf('ada@example.com')) });
    expect(answer).toMatchObject({ status: 200, body: { email: 'ada@example.com' } });
  });

  it('R47: challenges without an error where no token was sent', async () => {
    const { status, headers, body } = await send(consumer, 'GET', '/me');
    expect({ status, type: headers.get('Content-Type'), challenge: headers.get('WWW-Authenticate') }).toEqual(
      {
        status: 401,
        type: expect.stringMatching(/^application\/problem\+json/),
        challenge: 'Bearer',
      },
    );
    expect(body).toMatchObject({ status: 401, code: 'authentication-required', detail: expect.any(String) });
  });

  it('R47: says that a token is refused', async () => {
    const { status, headers, body } = await send(consumer, 'GET', '/me', { headers: bearer('not.a.token') });
    expect(status).toBe(401);
    expect(headers.get('WWW-Authenticate')).toBe('Bearer error="invalid_token"');
    expect(body).toMatchObject({ code: 'invalid-token', detail: 'Invalid or expired token' });
  });

  it('R48: refuses two tokens', async () => {
    const token = tokenOf('ada@example.com');
    const line = `Authorization: Bearer ${token}`;
    const answer = await sendLines({ port: Number(new URL(consumer.url).port) }, [
      'GET /me HTTP/1.1',
      'Host: consumer',
      line,
      line,
    ]);
    expect(answer.status).toBe(401);
  });

  it('lets those pass who are in the team, and have access to the domain', async () => {
    for (const path of ['/team', '/domain']) {
      const ada = await send(consumer, 'GET', path, { headers: bearer(tokenOf('ada@example.com')) });
      const bob = await send(consumer, 'GET', path, { headers: bearer(tokenOf('bob@example.com')) });
      expect([ada.status, bob.status]).toEqual([200, 403]);
      expect(bob.headers.get('Content-Type')).toMatch(/^application\/problem\+json/);
      expect(bob.body).toMatchObject({ code: 'forbidden', detail: expect.any(String) });
    }
    const ada = await send(consumer, 'GET', '/owner', { headers: bearer(tokenOf('ada@example.com')) });
    expect(ada.status).toBe(403);
  });

  it('R97: an outage is 503 with Retry-After, never 401', async () => {
    const token = tokenOf('ada@example.com');
    double.outage(true);
    const { status, headers, body } = await send(consumer, 'GET', '/me', { headers: bearer(token) });
    expect({ status, challenge: headers.get('WWW-Authenticate') }).toEqual({ status: 503, challenge: null });
    expect(Number(headers.get('Retry-After'))).toBeGreaterThanOrEqual(1);
    expect(body).toMatchObject({ code: 'service-unavailable', detail: expect.any(String) });
  });
});

describe('mode offline', () => {
  it('refuses needs for teams and domains when they are set up', async () => {
    const offline = createAuthClient({
      url: double.url,
      mode: 'offline',
      offline: { issuer: 'promptstack-auth' },
    });
    for (const need of [{ team }, { domain: 'shop' }]) {
      expect(() => expressUser(offline, need)).toThrow(TypeError);
      expect(() => fastifyUser(offline, need)).toThrow(TypeError);
      expect(() => withUser(offline, () => undefined, need)).toThrow(TypeError);
    }

    @Controller()
    @UseGuards(AuthClientGuard)
    class Routes {
      @Get()
      @RequireDomain('shop')
      get() {
        return {};
      }
    }

    @Module({ imports: [AuthClientModule.forRoot({ client: offline })], controllers: [Routes] })
    class App {}

    const app = await NestFactory.create(App, { logger: false });
    await expect(app.init()).rejects.toThrow(TypeError);
    await app.close();
  });
});

describe('AuthClientModule', () => {
  it('closes a client of its own at shutdown, and leaves that of the application open', async () => {
    for (const isOwn of [true, false]) {
      const given = { url: double.url, key: double.key };
      const mine = createAuthClient(given);

      @Module({ imports: [AuthClientModule.forRoot(isOwn ? given : { client: mine })] })
      class App {}

      const app = await NestFactory.createApplicationContext(App, { logger: false });
      const used = app.get<AuthClient>(AUTH_CLIENT);
      expect(used === mine).toBe(!isOwn);
      await app.close();
      const outcome = used.verify(double.signIn('ada@example.com').access_token);
      if (isOwn) await expect(outcome).rejects.toMatchObject({ reason: 'closed' });
      else expect(await outcome).toMatchObject({ valid: true });
      await mine.close();
    }
  });
});
