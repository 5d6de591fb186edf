import { randomUUID } from 'node:crypto';
import type { CodePurpose } from '../../src/verification/code-purpose';
import { storeCode } from '../support/mail/stored-codes';
import { encodeCursor } from '../../src/common/cursor';
import { register, uniqueEmail, type Account } from '../support/http/accounts';
import { bearer, send, type Answer } from '../support/http/http';
import {
  expectDocumented,
  operations,
  resolvedSchema,
  type Operation,
  type Schema,
} from '../support/http/openapi';
import { useService } from '../support/process/use-service';

/** A request to an operation: what is undefined is not sent. */
interface Parts {
  readonly path: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly credential: boolean;
}

/** Who calls, an administrator, and what the calls are about. */
interface World {
  readonly account: Account;
  /** A user who is in the team and in the domain. */
  readonly member: Account;
  /** A user with a proven address who is in neither. */
  readonly stranger: Account;
  readonly teamId: string;
  /** A team that the account is in, and no administrator of. */
  readonly ownTeamId: string;
  /** The key of a domain of the account: defaults change on this walk. */
  readonly ownDomainKey: string;
  readonly domainId: string;
  readonly otherDomainId: string;
  /** The id of a deleted user whose identities may not come back. */
  readonly deletedId: string;
  /** A user without a password, and the code that sets one: made for those operations alone. */
  readonly invited: { readonly id: string; readonly code: string };
  readonly serviceId: string;
  readonly keyId: string;
  /** Of the member, for operations that take one. */
  readonly code: string | undefined;
}

/** One deviation from the complete request, and what the document says of it. */
interface Case {
  readonly name: string;
  readonly change: (parts: Parts) => Parts;
  readonly expected: 'success' | 'refusal' | 400 | 401;
}

interface Walked {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** What to send for a member or parameter of this name, so that the whole succeeds. */
const VALUES: Readonly<Record<string, (world: World, operationId: string) => unknown>> = {
  id: (world, operationId) => idFor(world, operationId),
  user_id: ({ member }) => member.id,
  session_id: ({ member }) => member.sid,
  ids: ({ member }) => [member.id],
  key_id: ({ keyId }) => keyId,
  owner_id: ({ stranger }) => stranger.id,
  scopes: () => ['tokens:validate'],
  expires_at: () => '2100-01-01T00:00:00Z',
  code: ({ invited, code }) => code ?? invited.code,
  send: () => true,
  email: ({ account, stranger }, operationId) => {
    if (operationId === 'addMember') return stranger.email;
    return NEW_ADDRESSES.includes(operationId) ? uniqueEmail() : account.email;
  },
  password: ({ account }) => account.password,
  current_password: ({ account }) => account.password,
  new_password: () => 'another horse, another battery',
  device_token: () => 'psd_of_another_time',
  name: () => `Ada King ${randomUUID()}`,
  avatar_url: () => 'https://example.com/ada.png',
  token: ({ account }) => account.token,
  refresh_token: ({ account }) => account.refreshToken,
  include_current: () => true,
  external_ref: () => randomUUID(),
  is_active: () => true,
  is_default: () => true,
  role: () => 'admin',
  teams: ({ teamId }) => [{ id: teamId, role: 'owner' }],
  domains: ({ domainId }) => [domainId],
  q: () => 'ada',
  team: ({ teamId, ownTeamId }, operationId) => (operationId === 'verify' ? ownTeamId : teamId),
  domain: ({ domainId, ownDomainKey }, operationId) => (operationId === 'verify' ? ownDomainKey : domainId),
  tokens: ({ account }) => [account.token],
  active: () => true,
  sort: () => 'name',
  allow_unproven: () => true,
  key: () => randomUUID(),
  parent_domain_id: ({ otherDomainId }) => otherDomainId,
  include_inactive: () => true,
  children: () => 'move-up',
  limit: () => 10,
  type: () => 'auth.login.failed',
  outcome: () => 'failure',
  actor: ({ member }) => member.id,
  target: ({ member }) => member.id,
  request_id: () => 'a-request',
  ip: () => '127.0.0.1',
  from: () => '2026-01-01T00:00:00Z',
  to: () => '2100-01-01T00:00:00Z',
  cursor: ({ member, ...world }, operationId) => {
    // Good for one order and one set of filters only: those of users are left out one by one.
    if (operationId === 'searchUsers' || operationId === 'listEvents') return undefined;
    const scope = {
      listMembers: { list: 'team-members', team: world.teamId },
      listUsers: { list: 'domain-users', domain: world.domainId },
      listServiceAccounts: { list: 'service-accounts' },
      listServiceKeys: { list: 'service-keys', account: world.serviceId },
    }[operationId];
    if (!scope) throw new Error(`say what the cursor of ${operationId} is good for`);
    return encodeCursor(scope, { key: '0', id: member.id });
  },
  alg: () => 'HS256',
  kid: () => 'a-key',
  accept: () => ['user', 'service'],
  'X-Auth-Service-Key': () => 'not looked at',
  'If-Match': () => '*',
  'Idempotency-Key': () => randomUUID(),
};

const NEW_ADDRESSES = ['register', 'requestEmailChange', 'createUser', 'updateUser'];
/** What the code of an operation is for. */
const PURPOSES: Readonly<Record<string, CodePurpose>> = {
  verifyEmail: 'email-verification',
  resetPassword: 'password-reset',
  changeEmail: 'email-change',
  undoEmailChange: 'email-undo',
};
const OF_INVITED = ['activate', 'issueActivation'];

function idFor(
  { account, member, teamId, domainId, deletedId, invited, serviceId }: World,
  operationId: string,
): string {
  if (/Service(Account|Keys?)$/.test(operationId)) return serviceId;
  if (operationId === 'endSession') return account.sid;
  if (operationId === 'issueActivation') return invited.id;
  if (operationId === 'deleteTombstone') return deletedId;
  if (/^(get|update|delete)User$|User(Session)?s?$/.test(operationId) && !OF_DOMAINS.test(operationId))
    return member.id;
  return /Domain$|Users?$/.test(operationId) ? domainId : teamId;
}

const OF_DOMAINS = /^(listUsers|assignUser|unassignUser)$/;

/** They take forms: `test/e2e/oauth/oauth.spec.ts` sends their parts. */
const FORMS = new Set(['issueServiceToken', 'introspectToken', 'revokeToken']);

/** RFC 7009 section 2.2, R25: to sign out with an unknown token is no error, however long it is. */
const UNKNOWN_IS_FINE = ['logout.refresh_token'];

/** 400 where no new password is asked for. */
const ONLY_WHEN_ASKED = 'login.new_password';

const isNullable = ({ type }: Schema) => [type].flat().includes('null');
/** Of any texts: a list of one is what it takes. */
const isListOfTexts = ({ type, items = {} }: Schema) =>
  type === 'array' && items.type === 'string' && items.format === undefined && items.enum === undefined;
const isText = ({ type }: Schema) => [type].flat().includes('string');

/** Every deviation whose outcome the document tells. */
function casesOf({ operation }: Walked): Case[] {
  return [...securityCases(operation), ...bodyCases(operation), ...parameterCases(operation)];
}

function securityCases({ security = [] }: Operation): Case[] {
  const whole: Case = { name: 'everything', change: (parts) => parts, expected: 'success' };
  const isOpen = security.length === 0 || security.some((way) => Object.keys(way).length === 0);
  const without = (parts: Parts): Parts => ({ ...parts, credential: false });
  return [whole, { name: 'no credential', change: without, expected: isOpen ? 'success' : 401 }];
}

function bodyCases({ operationId, requestBody }: Operation): Case[] {
  if (!requestBody) return [];
  const { properties = {}, required = [] } = schemaOf(requestBody);
  const isNeeded = requestBody.required === true;
  const set =
    (name: string, value: unknown) =>
    (parts: Parts): Parts => ({
      ...parts,
      body: { ...parts.body, [name]: value },
    });
  return [
    {
      name: 'no body',
      change: (parts) => ({ ...parts, body: undefined }),
      expected: isNeeded ? 400 : 'success',
    },
    {
      name: 'an empty object',
      change: (parts) => ({ ...parts, body: {} }),
      expected: required.length > 0 ? 400 : 'success',
    },
    { name: 'a member that nobody knows', change: set('x_unknown', 1), expected: 'success' },
    ...Object.entries(properties).flatMap(([name, given]): Case[] => {
      const schema = resolvedSchema(given);
      const most = schema.maxLength;
      return [
        {
          name: `no ${name}`,
          change: set(name, undefined),
          expected: required.includes(name) ? 400 : 'success',
        },
        { name: `null for ${name}`, change: set(name, null), expected: isNullable(schema) ? 'success' : 400 },
        ...(isListOfTexts(schema)
          ? []
          : [{ name: `a list for ${name}`, change: set(name, ['x']), expected: 400 } as const]),
        ...(isText(schema)
          ? [{ name: `a number for ${name}`, change: set(name, 5), expected: 400 } as const]
          : []),
        ...(most !== undefined && !UNKNOWN_IS_FINE.includes(`${operationId}.${name}`)
          ? [
              {
                name: `${most + 1} letters for ${name}`,
                change: set(name, 'x'.repeat(most + 1)),
                expected: 'refusal',
              } as const,
            ]
          : []),
      ];
    }),
  ];
}

function parameterCases({ parameters = [] }: Operation): Case[] {
  return parameters.flatMap(({ name, in: place, required = false, schema }): Case[] => {
    if (place !== 'query' && place !== 'path' && place !== 'header')
      throw new Error(`what is a parameter in ${place}?`);
    if (place === 'header') {
      const without = ({ [name]: _given, ...headers }: Parts['headers']) => headers;
      const change = (parts: Parts): Parts => ({ ...parts, headers: without(parts.headers) });
      return [{ name: `no ${name}`, change, expected: 'success' }];
    }
    const set =
      (value: unknown) =>
      (parts: Parts): Parts => ({
        ...parts,
        [place]: { ...parts[place], [name]: value },
      });
    const absent: Case = { name: `no ${name}`, change: set(undefined), expected: required ? 400 : 'success' };
    const isBoolean = schema.type === 'boolean';
    return [
      ...(place === 'query' ? [absent] : []),
      ...(isBoolean ? ['true', 'false'] : []).map((value): Case => ({
        name: `${name}=${value}`,
        change: set(value),
        expected: 'success',
      })),
      ...(isBoolean || schema.format === 'uuid'
        ? [{ name: `nonsense for ${name}`, change: set('nonsense'), expected: 400 } as const]
        : []),
    ];
  });
}

function schemaOf({ content = {} }: NonNullable<Operation['requestBody']>): Schema {
  const media = content['application/json'];
  if (!media) throw new Error('a body that is no JSON');
  return resolvedSchema(media.schema);
}

describe('every operation takes what the document says that it takes', () => {
  const service = useService();
  const { database } = service;

  /** The complete request: every parameter and every member, optional ones too. */
  function completeParts({ parameters = [], requestBody, operationId }: Operation, world: World): Parts {
    const valueOf = (name: string) => {
      const make = VALUES[name];
      if (!make) throw new Error(`say above what to send for ${name}`);
      return make(world, operationId);
    };
    const members = (names: string[]) => Object.fromEntries(names.map((name) => [name, valueOf(name)]));
    const namesIn = (place: string) => parameters.filter((each) => each.in === place).map(({ name }) => name);
    return {
      path: members(namesIn('path')),
      query: members(namesIn('query')),
      body:
        requestBody &&
        members(
          Object.keys(schemaOf(requestBody).properties ?? {}).filter(
            (name) => `${operationId}.${name}` !== ONLY_WHEN_ASKED,
          ),
        ),
      headers: members(namesIn('header')) as Record<string, string>,
      credential: true,
    };
  }

  async function newWorld(operationId: string): Promise<World> {
    const [account, member, stranger] = [
      await register(service),
      await register(service),
      await register(service),
    ];
    const [made] = await database.query<
      Pick<
        World,
        'teamId' | 'ownTeamId' | 'ownDomainKey' | 'domainId' | 'otherDomainId' | 'deletedId' | 'serviceId'
      >
    >(
      `WITH team AS (INSERT INTO teams (name) VALUES ($1) RETURNING id),
         domain AS (INSERT INTO domains (key, name) VALUES ($1, 'Domain') RETURNING id),
         other AS (INSERT INTO domains (key, name) VALUES ('x-' || $1, 'Other') RETURNING id),
         membership AS (INSERT INTO team_memberships (team_id, user_id) SELECT id, $3 FROM team),
         assignment AS (INSERT INTO user_domains (domain_id, user_id) SELECT id, $3 FROM domain),
         tombstone AS (INSERT INTO deleted_identities (identity_hash, user_id)
           SELECT decode(md5($1) || md5($1), 'hex'), gen_random_uuid() RETURNING user_id),
         account AS (INSERT INTO service_accounts (name, scopes) VALUES ($1, '{users:read}') RETURNING id),
         rights AS (UPDATE users SET role = CASE WHEN id = $2 THEN 'admin' ELSE role END, email_verified_at = CASE WHEN $5 THEN now() END
                    WHERE id IN ($2, $4))
       SELECT team.id AS "teamId", (SELECT team_id FROM team_memberships WHERE user_id = $2) AS "ownTeamId",
         (SELECT key FROM user_domains JOIN domains ON domains.id = domain_id WHERE user_id = $2) AS "ownDomainKey", domain.id AS "domainId", other.id AS "otherDomainId", tombstone.user_id AS "deletedId",
         account.id AS "serviceId"
       FROM team, domain, other, tombstone, account`,
      [randomUUID(), account.id, member.id, stranger.id, operationId !== 'requestEmailVerification'],
    );
    if (!made) throw new Error('there is no world');
    const keyId = randomUUID();
    await database.query(`INSERT INTO service_keys (id, account_id, secret_hash) VALUES ($1, $2, '')`, [
      keyId,
      made.serviceId,
    ]);
    const invited = OF_INVITED.includes(operationId) ? await invite(account) : { id: '', code: '' };
    const purpose = PURPOSES[operationId];
    const address = operationId === 'changeEmail' ? uniqueEmail() : undefined;
    const code = purpose && (await storeCode(database, member.id, purpose, address));
    return { account, member, stranger, invited, code, keyId, ...made };
  }

  async function invite({ token }: Account): Promise<World['invited']> {
    const { body } = await send<{ id: string; activation: { code: string } }>(service, 'POST', '/users', {
      headers: bearer(token),
      body: { email: uniqueEmail(), name: 'Grace Hopper' },
    });
    return { id: body.id, code: body.activation.code };
  }

  async function ask({ method, path, operation }: Walked, { change }: Case): Promise<Answer> {
    const world = await newWorld(operation.operationId);
    const parts = change(completeParts(operation, world));
    const query = Object.entries(parts.query).filter(([, value]) => value !== undefined);
    const search = new URLSearchParams(
      Object.fromEntries(query.map(([name, value]) => [name, String(value)])),
    ).toString();
    const address = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => String(parts.path[name]));
    return send(service, method, address + (search && `?${search}`), {
      ...(parts.body && { body: parts.body }),
      headers: { ...parts.headers, ...(parts.credential && bearer(world.account.token)) },
    });
  }

  // The feed has no end, and is for services: test/e2e/events.
  const walked = operations()
    .filter(({ operation: { operationId } }) => operationId !== 'followEvents' && !FORMS.has(operationId))
    .flatMap((each) => casesOf(each).map((one) => ({ ...each, one, what: one.name })));

  it.each(walked)('$method $path with $what', async ({ one, ...each }) => {
    const answer = await ask(each, one);
    expectDocumented(each.method, each.path, answer);
    const successes = Object.keys(each.operation.responses).filter((status) => status.startsWith('2'));
    if (one.expected === 'success') expect(successes).toContain(String(answer.status));
    else if (one.expected === 'refusal') expect([400, 401, 413]).toContain(answer.status);
    else expect(answer.status).toBe(one.expected);
  });

  it('meets operations with a body, an optional body, a query, a path, and no credential', () => {
    const names = walked.map(({ what }) => what);
    expect(names).toEqual(expect.arrayContaining(['no body', 'include_current=true', 'nonsense for id']));
    expect(walked.length).toBeGreaterThan(100);
  });

  it('has operation ids that read as names, each once', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z]+)*$/.test(id))).toEqual([]);
    const idOf = (name: string) =>
      operations().find(({ method, path }) => `${method} ${path}` === name)?.operation.operationId;
    expect(idOf('GET /auth/me')).toBe('getMe');
    expect(idOf('POST /auth/validate')).toBe('validateToken');
  });
});
