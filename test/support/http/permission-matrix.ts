import { randomBytes, randomUUID } from 'node:crypto';
import type { TestDatabase } from '../database/test-database';
import { storeCode } from '../mail/stored-codes';
import { register, uniqueEmail, type Account } from './accounts';
import type { ApiUser } from './administration';
import { aService } from './services';

/** Who calls. Only `unproven` has not proven the address; the roles are those in the team that the request is about. */
export const CALLERS = [
  ...['anonymous', 'user', 'member', 'teamAdmin', 'teamOwner', 'admin', 'deactivated', 'unproven'],
] as const;
export type Caller = (typeof CALLERS)[number];

/** What a request is about: made anew for each that changes something. */
export interface World {
  readonly service: { readonly url: string };
  readonly database: TestDatabase;
  /** An administrator who stays one, to make what a route needs. */
  readonly operator: ApiUser;
  /** The caller; for `anonymous` a user who does not send their token. */
  readonly self: Account;
  /** The id of a user in the team and the domain, whom the request may change. */
  readonly target: string;
  readonly team: string;
  readonly domain: string;
}

/** What is sent besides method and path. */
export interface Sent {
  /** Parameters of the path that the prefix of the route does not name already. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What each caller gets, and what a request needs to succeed for those who may make it. */
export interface Row {
  readonly expected: Readonly<Record<Caller, number>>;
  readonly sent: (world: World) => Sent | Promise<Sent>;
}

type Exceptions = Partial<Record<Caller, number>>;

function row(
  expected: Record<Caller, number>,
  sent: Row['sent'] = () => ({}),
  exceptions: Exceptions = {},
): Row {
  return { expected: { ...expected, ...exceptions }, sent };
}

/** Nobody's credential is asked for; one that comes along does not matter. */
const anyone = (status: number, sent?: Row['sent'], exceptions?: Exceptions) =>
  row({ ...users(status).expected, anonymous: status, deactivated: status }, sent, exceptions);

/** Every user who is active. */
const users = (status: number, sent?: Row['sent'], exceptions?: Exceptions): Row =>
  row(
    {
      ...{ anonymous: 401, user: status, member: status, teamAdmin: status, teamOwner: status },
      ...{ admin: status, deactivated: 401, unproven: status },
    },
    sent,
    exceptions,
  );

/** Those who are in the team, and administrators. */
const members = (status: number, sent?: Row['sent'], exceptions?: Exceptions) =>
  row({ ...users(status).expected, user: 403, unproven: 403 }, sent, exceptions);

/** Admins and owners of the team, and administrators. */
const teamAdmins = (status: number, sent?: Row['sent'], exceptions?: Exceptions) =>
  row({ ...members(status).expected, member: 403 }, sent, exceptions);

/** Owners of the team, and administrators. */
const teamOwners = (status: number, sent?: Row['sent'], exceptions?: Exceptions) =>
  row({ ...teamAdmins(status).expected, teamAdmin: 403 }, sent, exceptions);

/** Administrators of the service. */
const admins = (status: number, sent?: Row['sent'], exceptions?: Exceptions) =>
  row({ ...teamOwners(status).expected, teamOwner: 403 }, sent, exceptions);

/** Services alone. */
const services = () => row({ ...admins(403).expected, anonymous: 401, deactivated: 401 });

const body =
  (make: (world: World) => unknown): Row['sent'] =>
  (world) => ({ body: make(world) });
const PASSWORD = 'correct horse battery';
const unique = () => `x-${randomBytes(6).toString('hex')}`;

/** A user without a password, made by an administrator: with the code that sets one. */
async function invited({ operator }: World): Promise<{ id: string; code: string }> {
  const made = await operator.must<{ id: string; activation: { code: string } }>(201, 'POST', '/users', {
    email: uniqueEmail(),
    name: 'Grace Hopper',
  });
  return { id: made.id, code: made.activation.code };
}

async function withTombstone({ database }: World): Promise<string> {
  const id = randomUUID();
  await database.query(
    `INSERT INTO deleted_identities (identity_hash, user_id) VALUES (decode(md5($1::text) || md5($1::text), 'hex'), $1::uuid)`,
    [id],
  );
  return id;
}

const formless = body(() => ({}));

/** A service account with a key. */
async function ofService({ operator }: World): Promise<Sent> {
  const { id, keyId } = await aService(operator, ['users:read']);
  return { path: { id, key_id: keyId } };
}

/**
 * Every route of the API, and what every caller gets who asks for something that is there, rightly. A route without a row fails.
 * `{id}` is the team, the domain or the target by the beginning of the path, `{user_id}` the target.
 */
export const MATRIX: Readonly<Record<string, Row>> = {
  'GET /health': anyone(200),
  'GET /health/live': anyone(200),
  'GET /health/ready': anyone(200),
  'GET /.well-known/jwks.json': anyone(200),
  'GET /.well-known/openid-configuration': anyone(200),
  'GET /.well-known/oauth-authorization-server': anyone(200),

  'POST /auth/register': anyone(
    201,
    body(() => ({ email: uniqueEmail(), password: PASSWORD, name: 'Ada' })),
  ),
  'POST /auth/login': anyone(
    200,
    body(({ self: { email, password } }) => ({ email, password })),
    { deactivated: 401 },
  ),
  'POST /auth/activate': anyone(200, async (world) => ({
    body: { code: (await invited(world)).code, password: PASSWORD },
  })),
  'POST /auth/password/forgot': anyone(
    202,
    body(({ self }) => ({ email: self.email })),
  ),
  'POST /auth/password/reset': anyone(200, async ({ database, target }) => ({
    body: { code: await storeCode(database, target, 'password-reset'), password: PASSWORD },
  })),
  'POST /auth/email/verification': users(409, undefined, { unproven: 202 }),
  'POST /auth/email/verify': anyone(204, async ({ database, target }) => ({
    body: { code: await storeCode(database, target, 'email-verification') },
  })),
  'POST /auth/email/change': anyone(200, async ({ database, target }) => ({
    body: { code: await storeCode(database, target, 'email-change', uniqueEmail()) },
  })),
  'POST /auth/email/undo': anyone(204, async ({ database, target }) => ({
    body: { code: await storeCode(database, target, 'email-undo', uniqueEmail()) },
  })),
  'PUT /users/me/email': users(
    202,
    body(() => ({ email: uniqueEmail() })),
  ),
  'POST /auth/validate': anyone(
    200,
    body(({ self: { token } }) => ({ token })),
  ),
  'POST /auth/validate/batch': anyone(
    200,
    body(({ self: { token } }) => ({ tokens: [token] })),
  ),
  'GET /auth/verify': anyone(204, undefined, { anonymous: 401, deactivated: 401 }),
  'POST /auth/refresh': anyone(
    200,
    body(({ self }) => ({ refresh_token: self.refreshToken })),
    { deactivated: 401 },
  ),
  'POST /auth/logout': users(204, undefined, { deactivated: 204 }),
  'GET /auth/me': users(200),
  'GET /auth/sessions': users(200),
  'DELETE /auth/sessions': users(204),
  'DELETE /auth/sessions/{id}': users(204, ({ self }) => ({ path: { id: self.sid } })),
  'GET /auth/events': services(),
  'POST /auth/password': users(
    200,
    body(({ self }) => ({ current_password: self.password, new_password: 'another horse battery' })),
  ),

  'GET /audit/events': admins(200),
  'GET /audit/events/export': admins(200),

  'GET /users/me': users(200),
  'PATCH /users/me': users(
    200,
    body(() => ({ name: 'Ada King' })),
  ),
  'GET /users/me/export': users(200),
  'DELETE /users/me': users(204),
  'POST /users/lookup': users(
    200,
    body(({ target }) => ({ ids: [target] })),
  ),
  'GET /users': admins(200),
  'POST /users': admins(
    201,
    body(() => ({ email: uniqueEmail(), name: 'Grace Hopper' })),
  ),
  'GET /users/{id}': admins(200),
  'PATCH /users/{id}': admins(
    200,
    body(() => ({ role: 'admin' })),
  ),
  'DELETE /users/{id}': admins(204),
  'POST /users/{id}/activation': admins(201, async (world) => ({ path: { id: (await invited(world)).id } })),
  'DELETE /users/{id}/tombstone': admins(204, async (world) => ({
    path: { id: await withTombstone(world) },
  })),
  'GET /users/{id}/sessions': admins(200),
  'DELETE /users/{id}/sessions': admins(204),
  'DELETE /users/{id}/sessions/{session_id}': admins(204, async ({ service }) => {
    const { id, sid } = await register(service);
    return { path: { id, session_id: sid } };
  }),

  'GET /service-accounts': admins(200),
  'POST /service-accounts': admins(
    201,
    body(() => ({ name: unique(), scopes: ['users:read'] })),
  ),
  'GET /service-accounts/{id}': admins(200, ofService),
  'PATCH /service-accounts/{id}': admins(200, async (world) => ({
    ...(await ofService(world)),
    body: { scopes: ['users:read'] },
  })),
  'DELETE /service-accounts/{id}': admins(204, ofService),
  'GET /service-accounts/{id}/keys': admins(200, ofService),
  'POST /service-accounts/{id}/keys': admins(201, ofService),
  'DELETE /service-accounts/{id}/keys': admins(204, ofService),
  'GET /service-accounts/{id}/keys/{key_id}': admins(200, ofService),
  'DELETE /service-accounts/{id}/keys/{key_id}': admins(204, ofService),

  // They take forms, from services alone: what is no form is refused before anybody is looked at.
  'POST /oauth/token': anyone(415, formless),
  'POST /oauth/introspect': anyone(415, formless),
  'POST /oauth/revoke': anyone(415, formless),

  'GET /teams': users(200),
  'GET /teams/all': users(200),
  'POST /teams': admins(
    201,
    body(() => ({ name: unique() })),
  ),
  'GET /teams/{id}': members(200),
  'PATCH /teams/{id}': teamAdmins(
    200,
    body(() => ({ name: unique() })),
  ),
  'PATCH /teams/{id} more than the name': admins(
    200,
    body(() => ({ external_ref: unique() })),
  ),
  'DELETE /teams/{id}': admins(204),
  'GET /teams/{id}/members': members(200),
  'POST /teams/{id}/members': teamAdmins(201, async (world) => {
    const { id } = await invited(world);
    const [row] = await world.database.query<{ email: string }>('SELECT email FROM users WHERE id = $1', [
      id,
    ]);
    return { body: { email: row?.email, allow_unproven: true } };
  }),
  'PUT /teams/{id}/members/{user_id}': teamAdmins(
    200,
    body(() => ({ role: 'admin' })),
  ),
  'PUT /teams/{id}/members/{user_id} as owner': teamOwners(
    200,
    body(() => ({ role: 'owner' })),
  ),
  'DELETE /teams/{id}/members/{user_id}': teamAdmins(204),
  'DELETE /teams/{id}/members/{user_id} oneself': members(
    204,
    ({ self }) => ({ path: { user_id: self.id } }),
    { user: 404, admin: 404, unproven: 404 },
  ),

  'GET /domains': users(200),
  'GET /domains/all': users(200),
  'GET /domains/tree': users(200),
  'GET /domains/tree with inactive ones': admins(200, () => ({ query: '?include_inactive=true' })),
  'POST /domains': admins(
    201,
    body(() => ({ key: unique(), name: 'Payments' })),
  ),
  'GET /domains/{id}': users(200),
  'PATCH /domains/{id}': admins(
    200,
    body(() => ({ name: 'Payments' })),
  ),
  'DELETE /domains/{id}': admins(204),
  'GET /domains/{id}/users': admins(200),
  'PUT /domains/{id}/users/{user_id}': admins(204),
  'DELETE /domains/{id}/users/{user_id}': admins(204),
};
