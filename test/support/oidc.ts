import { bearer, send, type Answer } from './http';
import { expectProblem } from './problem';
import type { ProviderStub } from './provider-stub';
import { startService, type Service } from './service';
import type { TestDatabase } from './test-database';

/** What a person sees of themselves. */
export interface Me {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly avatar_url: string | null;
  readonly teams: readonly { readonly name: string }[];
  readonly domains: readonly { readonly key: string }[];
}

/** A service that lets the people of a stub in. */
export function startOidcService(
  database: TestDatabase,
  provider: Pick<ProviderStub, 'issuer'>,
  env: Record<string, string> = {},
): Promise<Service> {
  return startService({
    databaseUrl: database.url,
    env: { AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app', ...env },
  });
}

/** Asks who the token is, at a guarded route. */
export function me(service: Service, token: string): Promise<Answer<Me>> {
  return send<Me>(service, 'GET', '/auth/me', { headers: bearer(token) });
}

/** Has the token judged. */
export function validate(
  service: Service,
  token: string,
): Promise<Answer<{ valid: boolean; user: Me | null; error: string | null }>> {
  return send(service, 'POST', '/auth/validate', { body: { token } });
}

/** Expects that a token is let in, the same way at the guard and at the validate endpoint; answers whose it is. */
export async function expectAccepted(service: Service, token: string): Promise<Me> {
  const answer = await me(service, token);
  expect(answer.text).toContain('"email"');
  expect(answer.status).toBe(200);
  expect((await validate(service, token)).body).toEqual({ valid: true, user: answer.body, error: null });
  return answer.body;
}

/** Expects a decided no, the same at the guard and at the validate endpoint. */
export async function expectRefused(
  service: Service,
  token: string,
  code: 'invalid-token' | 'email-not-verified' | 'identity-conflict' = 'invalid-token',
): Promise<void> {
  const answer = await send(service, 'GET', '/auth/me', { headers: bearer(token) });
  expectProblem(answer, code);
  expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  const judged = await validate(service, token);
  expect(judged.status).toBe(200);
  expect(judged.body).toEqual({ valid: false, user: null, error: answer.body.detail });
}

/** Expects that nobody can say, the same at the guard and at the validate endpoint. */
export async function expectUndecided(service: Service, token: string): Promise<void> {
  expectProblem(await send(service, 'GET', '/auth/me', { headers: bearer(token) }), 'service-unavailable');
  expectProblem(await send(service, 'POST', '/auth/validate', { body: { token } }), 'service-unavailable');
}
