import { bearer, send, type Answer } from '../http/http';
import type { Person } from '../tokens/token-outcome';
import { startService, type Service } from '../process/service';
import type { TestDatabase } from '../database/test-database';

/** A service that lets the people of a provider in, for the audience `app`. */
export function startOidcService(
  database: TestDatabase,
  provider: { readonly issuer: string },
  env: Record<string, string> = {},
): Promise<Service> {
  return startService({
    databaseUrl: database.url,
    env: { AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app', ...env },
  });
}

/** Asks who the token is, at a guarded route. */
export function me(service: Service, token: string): Promise<Answer<Person>> {
  return send<Person>(service, 'GET', '/auth/me', { headers: bearer(token) });
}

/** Has the token judged. */
export function validate(
  service: Service,
  token: string,
): Promise<Answer<{ valid: boolean; user: Person | null; error: string | null }>> {
  return send(service, 'POST', '/auth/validate', { body: { token } });
}
