import type { UserContext } from '../api-types';
import { INVALID_TOKEN, refusal } from '../answers';
import { isObject } from '../json';
import { VERSION } from '../version';
import { isAskable } from '../service-client';
import type { Credentials } from './credentials';
import { invalid, Refusal } from './problems';
import type { Reply } from './reply';
import type { State } from './state';
import { ISSUER } from './tokens';

/** What a route gets of a request. */
export interface Asked {
  readonly state: State;
  readonly url: URL;
  readonly base: string;
  readonly credentials: Credentials;
  /** The parsed body; an empty object without one. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Answers a request. */
export type Route = (asked: Asked) => Reply;

const NO_STORE = { 'Cache-Control': 'no-store' };
const LEAST_PASSWORD = 8;
const MOST_TOKENS = 100;

/** What a gateway may ask of the user. */
const NEEDS: Readonly<Record<string, { readonly form: RegExp; readonly rule: string }>> = {
  team: { form: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, rule: 'must be the id of one team (a UUID)' },
  domain: { form: /^[^]+$/, rule: 'must be the key of one domain' },
  role: { form: /^(user|admin)$/, rule: 'must be user or admin' },
};

/** By method and path. */
export const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  '/health': { GET: () => ok({ status: 'ok', service: 'auth', version: VERSION, checks: {} }) },
  '/health/live': { GET: () => ok({ status: 'ok' }) },
  '/health/ready': { GET: () => ok({ status: 'ok', service: 'auth', version: VERSION, checks: {} }) },
  '/.well-known/jwks.json': {
    GET: ({ state }) => ({
      status: 200,
      body: state.tokens.jwks,
      headers: { 'Cache-Control': 'public, max-age=300' },
    }),
  },
  '/.well-known/openid-configuration': {
    GET: ({ base }) => ok({ issuer: ISSUER, jwks_uri: `${base}/.well-known/jwks.json` }),
  },
  '/auth/register': { POST: register },
  '/auth/login': {
    POST: ({ state, body }) => ok(state.login(text(body, 'email'), text(body, 'password'))),
  },
  '/auth/refresh': { POST: ({ state, body }) => ok(state.refresh(text(body, 'refresh_token'))) },
  '/auth/logout': { POST: logout },
  '/auth/validate': { POST: ({ state, body, credentials }) => ok(validate(state, body, credentials)) },
  '/auth/validate/batch': { POST: validateAll },
  '/auth/me': { GET: me },
  '/users/me': { GET: me },
};

function register({ state, body }: Asked): Reply {
  const [email, password, name] = [text(body, 'email'), text(body, 'password'), text(body, 'name')];
  if (!/^[^\s@]+@[^\s@]+$/.test(email.trim()))
    throw invalid('email', 'must be an e-mail address such as name@example.com');
  if ([...password].length < LEAST_PASSWORD)
    throw invalid('password', `must have at least ${LEAST_PASSWORD} characters`);
  if (name.trim() === '') throw invalid('name', 'must not be empty');
  state.register({ email, password, name });
  return { ...ok(state.login(email, password)), status: 201 };
}

function logout({ state, body, credentials }: Asked): Reply {
  const access = credentials.bearer;
  const refresh = body.refresh_token === undefined ? undefined : text(body, 'refresh_token');
  if (access === undefined && refresh === undefined) throw new Refusal('authentication-required');
  if (!state.endTokenOf({ access, refresh })) throw new Refusal('invalid-token');
  return { status: 204, headers: NO_STORE };
}

function validate(state: State, body: Readonly<Record<string, unknown>>, credentials: Credentials) {
  const token = text(body, 'token');
  const { accept } = body;
  const kinds = ['user', 'service'];
  if (
    accept !== undefined &&
    !(Array.isArray(accept) && accept.length > 0 && accept.every((kind) => kinds.includes(kind as string)))
  )
    throw invalid('accept', 'must be a list of user and service');
  const service = credentials.serviceOf(token);
  if (service && (accept as unknown[] | undefined)?.includes('service'))
    return { valid: true, user: null, service, error: null };
  if (accept !== undefined && !(accept as unknown[]).includes('user')) return refusal(INVALID_TOKEN);
  return decide(state, token);
}

function validateAll({ state, body: { tokens } }: Asked): Reply {
  const isList = Array.isArray(tokens) && tokens.length >= 1 && tokens.length <= MOST_TOKENS;
  if (!isList || !tokens.every((token) => typeof token === 'string'))
    throw invalid('tokens', `must be 1 to ${MOST_TOKENS} tokens (strings)`);
  return ok({ results: tokens.map((token) => decide(state, token)) });
}

function decide(state: State, token: string) {
  const user = isAskable(token) ? state.userOf(token) : undefined;
  return user ? { valid: true, user, error: null } : refusal(INVALID_TOKEN);
}

function me(asked: Asked): Reply {
  return ok(signedIn(asked));
}

/** `GET /auth/verify` with any method: for gateways. */
export function verify(asked: Asked): Reply {
  const { searchParams } = asked.url;
  checkNeeds(searchParams);
  const user = signedIn(asked);
  if (!hasWhatIsNeeded(user, searchParams)) throw new Refusal('forbidden');
  return {
    status: 204,
    headers: {
      ...NO_STORE,
      'X-Auth-User-Id': user.id,
      'X-Auth-Email': user.email,
      'X-Auth-Name': headerText(user.name),
      'X-Auth-Role': user.role,
      'X-Auth-Teams': user.teams.map(({ id }) => id).join(','),
      'X-Auth-Domains': user.effective_domains.map(({ key }) => key).join(','),
    },
  };
}

function checkNeeds(query: URLSearchParams): void {
  for (const name of new Set(query.keys())) {
    const need = Object.hasOwn(NEEDS, name) ? NEEDS[name] : undefined;
    if (!need) throw invalid(name, 'must be team, domain or role');
    const values = query.getAll(name);
    if (values.length > 1 || !need.form.test(values[0] ?? '')) throw invalid(name, need.rule);
  }
}

function hasWhatIsNeeded(user: UserContext, query: URLSearchParams): boolean {
  const [team, domain, role] = ['team', 'domain', 'role'].map((name) => query.get(name));
  if (team != null && !user.teams.some(({ id }) => id === team.toLowerCase())) return false;
  if (domain != null && !user.effective_domains.some(({ key }) => key === domain)) return false;
  return role == null || role === 'user' || role === user.role;
}

function signedIn({ state, credentials: { bearer } }: Asked): UserContext {
  if (bearer === undefined) throw new Refusal('authentication-required');
  const user = state.userOf(bearer);
  if (!user) throw new Refusal('invalid-token');
  return user;
}

/** As the contract writes `X-Auth-Name`. */
function headerText(name: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(name) && !/^utf-8''/i.test(name)) return name;
  return `UTF-8''${encodeURIComponent(name)}`;
}

function text(body: Readonly<Record<string, unknown>>, member: string): string {
  const value = isObject(body) ? body[member] : undefined;
  if (typeof value === 'string') return value;
  throw invalid(member, 'must be a text');
}

function ok(body: unknown): Reply {
  return { status: 200, body, headers: NO_STORE };
}
