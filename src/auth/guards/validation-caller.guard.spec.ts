import type { ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { aService, aUser } from '../../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../../test/support/unit/journal';
import type { HttpConfig } from '../../config/http.config';
import type { ServiceCallers } from '../service-callers';
import { GatewayCallerGuard, ValidationCallerGuard } from './validation-caller.guard';

const VALIDATOR = aService('tokens:validate');
const KEY = 'psk_of-a-gateway';

function aRequest(headers: Record<string, string> = {}): Request {
  return {
    headers,
    rawHeaders: Object.entries(headers).flat(),
    get: (name: string) => headers[name.toLowerCase()],
  } as unknown as Request;
}

function guarded(
  Guard: typeof ValidationCallerGuard,
  {
    plan = {},
    request = aRequest(),
    validateRequiresCredential = true,
  }: {
    plan?: Plan<ServiceCallers>;
    request?: Request;
    validateRequiresCredential?: boolean;
  },
) {
  const journal = new Journal();
  const guard = new Guard(
    { validateRequiresCredential } as HttpConfig,
    journal.fake<ServiceCallers>('callers', plan),
  );
  const context = { switchToHttp: () => ({ getRequest: () => request }) };
  return { journal, request, passed: guard.canActivate(context as ExecutionContext) };
}

describe.each([
  ['ValidationCallerGuard', ValidationCallerGuard],
  ['GatewayCallerGuard', GatewayCallerGuard],
])('%s while it is asked', (_name, Guard) => {
  it('D7 lets everybody pass while no credential is asked for, and looks at none', async () => {
    const request = aRequest({ 'x-auth-service-key': 'no key at all', authorization: 'Bearer x' });
    const { journal, passed } = guarded(Guard, { request, validateRequiresCredential: false });
    expect(await passed).toBe(true);
    expect(journal.acts).toEqual([]);
  });

  it('R47 refuses a request without a credential of a service with a 401', async () => {
    const { passed } = guarded(Guard, { plan: { authenticate: answers(undefined) } });
    expect((await refusalOf(passed)).code).toBe('authentication-required');
  });
});

describe('ValidationCallerGuard', () => {
  it('lets a service pass that may validate tokens, and names it as the caller', async () => {
    const { passed, request } = guarded(ValidationCallerGuard, {
      plan: { authenticate: answers(VALIDATOR) },
    });
    expect(await passed).toBe(true);
    expect(request.principal).toBe(VALIDATOR);
  });

  it.each([
    ['a service without the scope', aService('users:read')],
    ['an administrator', aUser({ role: 'admin' })],
  ])('refuses %s with insufficient-scope, as a known caller', async (_who, caller) => {
    const { passed, request } = guarded(ValidationCallerGuard, { plan: { authenticate: answers(caller) } });
    expect(await refusalOf(passed)).toMatchObject({ code: 'insufficient-scope', scope: 'tokens:validate' });
    expect(request.principal).toBe(caller);
  });

  it('D8 passes an outage on: it is no refusal', async () => {
    const { passed } = guarded(ValidationCallerGuard, {
      plan: { authenticate: refuses('service-unavailable') },
    });
    expect((await refusalOf(passed)).code).toBe('service-unavailable');
  });
});

describe('GatewayCallerGuard', () => {
  it('looks at the header of the gateway first: the Authorization header is that of the user', async () => {
    const request = aRequest({ 'x-auth-service-key': KEY, authorization: 'Bearer of-the-user' });
    const { journal, passed } = guarded(GatewayCallerGuard, {
      request,
      plan: { authenticateText: answers(VALIDATOR) },
    });
    expect(await passed).toBe(true);
    expect(journal.given('callers.authenticateText')).toEqual([[KEY]]);
  });

  it('does not try the Authorization header after a refused key', async () => {
    const request = aRequest({ 'x-auth-service-key': KEY, authorization: 'Bearer psk_another' });
    const { journal, passed } = guarded(GatewayCallerGuard, {
      request,
      plan: { authenticateText: refuses('invalid-token') },
    });
    expect((await refusalOf(passed)).code).toBe('invalid-token');
    expect(journal.acts).toEqual(['callers.authenticateText']);
  });

  it('takes the Authorization header where it is that of a service', async () => {
    const request = aRequest({ authorization: 'Bearer a-service-token' });
    const { passed } = guarded(GatewayCallerGuard, {
      request,
      plan: { isServiceCredential: () => true, authenticate: answers(VALIDATOR) },
    });
    expect(await passed).toBe(true);
  });

  it('takes the token of a user for no credential of the gateway', async () => {
    const request = aRequest({ authorization: 'Bearer of-the-user', 'x-auth-service-key': '' });
    const { journal, passed } = guarded(GatewayCallerGuard, {
      request,
      plan: { isServiceCredential: () => false },
    });
    expect((await refusalOf(passed)).code).toBe('authentication-required');
    expect(journal.acts).toEqual(['callers.isServiceCredential']);
  });
});
