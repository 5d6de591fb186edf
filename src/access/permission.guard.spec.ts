import 'reflect-metadata';
import { Controller, Get, Module, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Request } from 'express';
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
const WRITER = servicePrincipal({ id: 'a-service', name: 'Importer', scopes: ['teams:write'] });
const READER = servicePrincipal({ id: 'another-service', name: 'Reader', scopes: ['users:read'] });
const CALLERS: Readonly<Record<string, Principal>> = {
  user: USER,
  admin: ADMIN,
  writer: WRITER,
  reader: READER,
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
    return { status: answer.status, code: /"code":"([^"]*)"/.exec(text)?.[1] };
  };

  it.each([
    ['permission', 'writer', 200],
    ['permission', 'reader', 403],
    ['permission', 'user', 403],
    ['permission', 'admin', 200],
    ['class', 'reader', 200],
    ['class', 'writer', 403],
    ['class', 'admin', 200],
    ['public', 'nobody', 200],
  ])('R56 GET /%s is answered to the %s with %i', async (path, caller, status) => {
    expect(await get(path, caller)).toEqual({ status, code: status === 403 ? 'forbidden' : undefined });
  });

  it('answers nobody: a permission on a route without authentication is a fault of ours', async () => {
    expect(await get('permission', 'nobody')).toEqual({ status: 500, code: 'internal-error' });
  });

  it('@CurrentUser() hands out the user, and refuses a service with 403', async () => {
    expect(await get('authenticated', 'user')).toEqual({ status: 200, code: undefined });
    expect(await get('authenticated', 'writer')).toEqual({ status: 403, code: 'forbidden' });
    expect(await get('authenticated', 'nobody')).toEqual({ status: 500, code: 'internal-error' });
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
