import { randomBytes, randomUUID } from 'node:crypto';
import { uniqueEmail, type Account } from './accounts';
import { bearer, send, type Answer } from './http';

/** A request that succeeds while all is well, and needs the database. */
export interface GoodRequest {
  readonly name: string;
  readonly send: (service: { readonly url: string }, signal?: AbortSignal) => Promise<Answer>;
}

/** One good request for each route that needs the database and serves every user; none of them changes the account. */
export function goodRequests(account: Pick<Account, 'email' | 'password' | 'token'>): GoodRequest[] {
  const token = bearer(account.token);
  const guarded = [
    ...['/auth/me', '/users/me', '/auth/sessions'],
    ...['/teams', '/teams/all', '/domains', '/domains/all', '/domains/tree', '/users/me/export'],
  ];
  return [
    ...guarded.map((path) => request('GET', path, { headers: token })),
    request('PATCH', '/users/me', { headers: token, body: () => ({ name: 'Ada Lovelace' }) }),
    request('POST', '/users/lookup', { headers: token, body: () => ({ ids: [randomUUID()] }) }),
    request('POST', '/auth/register', { body: newPerson }),
    request('POST', '/auth/login', { body: () => ({ email: account.email, password: account.password }) }),
    request('POST', '/auth/logout', { body: () => ({ refresh_token: unknownRefreshToken() }) }),
    request('POST', '/auth/validate', { body: () => ({ token: account.token }) }),
    request('GET', '/health'),
    request('GET', '/health/ready'),
  ];
}

/** The same for routes of administration, by an administrator. */
export function administrationRequests({ id, token }: Pick<Account, 'id' | 'token'>): GoodRequest[] {
  const headers = bearer(token);
  const paths = ['/users?q=ada&sort=name', `/users/${id}`, `/users/${id}/sessions`];
  return [
    ...paths.map((path) => request('GET', path, { headers })),
    request('PATCH', `/users/${id}`, { headers, body: () => ({ name: 'Ada Lovelace' }) }),
    request('POST', '/users', { headers, body: () => ({ email: uniqueEmail(), name: 'Ada Lovelace' }) }),
    request('POST', '/teams', { headers, body: () => ({ name: randomUUID() }) }),
    request('POST', '/domains', { headers, body: () => ({ key: randomUUID(), name: 'Ada' }) }),
  ];
}

/** What a new person sends. */
export function newPerson() {
  return { email: uniqueEmail(), password: 'correct horse battery', name: 'Ada Lovelace' };
}

function unknownRefreshToken(): string {
  return `psr_${randomBytes(32).toString('base64url')}`;
}

function request(
  method: string,
  path: string,
  { body, headers = {} }: { body?: () => unknown; headers?: Record<string, string> } = {},
): GoodRequest {
  return {
    name: `${method} ${path}`,
    send: (service, signal) =>
      send(service, method, path, { headers, ...(body && { body: body() }), ...(signal && { signal }) }),
  };
}
