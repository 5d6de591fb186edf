import 'reflect-metadata';
import { Controller, Get, Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Request } from 'express';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { ProblemsModule } from '../http/problems/problems.module';
import { CurrentUser } from '../security/current-user.decorator';
import type { IdentityContext, PlatformRole } from '../security/identity-context';
import { servicePrincipal, userPrincipal, type Principal, type UserPrincipal } from '../security/principal';
import { Public } from '../security/public.decorator';
import { AccessModule } from './access.module';

const user = (id: string, role: PlatformRole) =>
  userPrincipal({
    method: 'local-jwt',
    identity: { id, role } as Partial<IdentityContext> as IdentityContext,
    authenticationAge: 0,
  });
const USER = user('a-user', 'user');
const ADMIN = user('an-admin', 'admin');
const WRITER = servicePrincipal({ id: 'a-service', name: 'Importer', scopes: ['teams:write'], keyId: 'k' });
const READER = servicePrincipal({
  id: 'another-service',
  name: 'Reader',
  scopes: ['users:read'],
  keyId: 'k',
});
const KEEPER = servicePrincipal({
  id: 'a-third-service',
  name: 'Keeper',
  scopes: ['users:write'],
  keyId: 'k',
});
const CALLERS: Readonly<Record<string, Principal>> = {
  user: USER,
  admin: ADMIN,
  writer: WRITER,
  reader: READER,
  keeper: KEEPER,
};

/** Authenticates whoever a header of the test names. */
class ProbeAuthentication implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const caller = CALLERS[String(request.headers['x-caller'])];
    if (caller) request.principal = caller;
    return true;
  }
}

@Controller()
class ProbeController {
  @Get('permission')
  @RequirePermission('teams:write')
  permission(): string {
    return 'done';
  }

  @Get('services')
  @ForServices('teams:write')
  services(): string {
    return 'done';
  }

  @Get('users-only')
  @RequirePermission('services:write')
  usersOnly(): string {
    return 'done';
  }

  @Get('authenticated')
  authenticated(@CurrentUser() { identity }: UserPrincipal): string {
    return identity.id;
  }

  @Public()
  @Get('public')
  open(): string {
    return 'done';
  }
}

@Controller('class')
@RequirePermission('users:read')
class ProbeClassController {
  @Get()
  permission(): string {
    return 'done';
  }
}

@Module({
  imports: [
    ProblemsModule.forRoot({ translators: [], observer: { useFactory: () => () => undefined } }),
    AccessModule,
  ],
  controllers: [ProbeController, ProbeClassController],
  providers: [{ provide: APP_GUARD, useClass: ProbeAuthentication }],
})
class ProbeModule {}

describe('routes that ask for a permission', () => {
  let app: NestExpressApplication;

  beforeAll(async () => {
    app = await NestFactory.create<NestExpressApplication>(ProbeModule, { logger: false });
    await app.listen(0, '127.0.0.1');
  });

  afterAll(() => app.close());

  const get = async (path: string, caller: string) => {
    const answer = await fetch(`${await app.getUrl()}/${path}`, { headers: { 'X-Caller': caller } });
    const text = await answer.text();
    return {
      status: answer.status,
      code: /"code":"([^"]*)"/.exec(text)?.[1],
      challenge: answer.headers.get('www-authenticate') ?? undefined,
    };
  };

  it.each([
    ['permission', 'writer', 200, undefined],
    ['permission', 'reader', 403, 'insufficient-scope teams:write'],
    ['permission', 'user', 403, 'forbidden'],
    ['permission', 'admin', 200, undefined],
    ['class', 'reader', 200, undefined],
    ['class', 'keeper', 200, undefined],
    ['class', 'writer', 403, 'insufficient-scope users:read'],
    ['class', 'admin', 200, undefined],
    ['services', 'writer', 200, undefined],
    ['services', 'reader', 403, 'insufficient-scope teams:write'],
    ['services', 'user', 200, undefined],
    ['users-only', 'admin', 200, undefined],
    ['users-only', 'keeper', 403, 'forbidden'],
    ['authenticated', 'writer', 403, 'forbidden'],
    ['public', 'nobody', 200, undefined],
  ])('R56 GET /%s is answered to the %s with %i %s', async (path, caller, status, problem) => {
    const [code, scope] = problem?.split(' ') ?? [];
    // RFC 6750 section 3.1
    const challenge =
      scope && `Bearer realm="promptstack-auth", error="insufficient_scope", scope="${scope}"`;
    expect(await get(path, caller)).toEqual({ status, code, challenge });
  });

  it('answers nobody: a permission on a route without authentication is a fault of ours', async () => {
    expect(await get('permission', 'nobody')).toEqual({
      status: 500,
      code: 'internal-error',
      challenge: undefined,
    });
  });

  it('@CurrentUser() hands out the user, and refuses a service with 403', async () => {
    expect(await get('authenticated', 'user')).toMatchObject({ status: 200, code: undefined });
    expect(await get('authenticated', 'writer')).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await get('authenticated', 'nobody')).toMatchObject({ status: 500, code: 'internal-error' });
  });

  it('documents the permission and the answer of the guard', () => {
    const { paths } = SwaggerModule.createDocument(app, new DocumentBuilder().build());
    expect(paths['/permission']?.get).toMatchObject({
      security: [{ accessToken: ['teams:write'] }],
      responses: { 403: { content: { 'application/problem+json': { examples: { forbidden: {} } } } } },
    });
    expect(paths['/class']?.get).toMatchObject({ security: [{ accessToken: ['users:read'] }] });
  });

  it('principals are frozen', () => {
    for (const principal of [USER, WRITER, WRITER.scopes]) expect(Object.isFrozen(principal)).toBe(true);
  });
});
