import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Configuration, JWK, Provider } from 'oidc-provider';

/** A user of the provider. */
export interface IdpUser {
  readonly sub: string;
  readonly email: string;
  readonly name: string;
  readonly groups: readonly string[];
}

/** The tokens issued at a sign-in. */
export interface IdpTokens {
  readonly idToken: string;
  readonly accessToken: string;
}

/** A running OpenID provider. */
export interface IdentityProvider {
  readonly issuer: string;
  /** Signs a user in by the code flow, like a browser. */
  signIn(sub: string): Promise<IdpTokens>;
  /** Signs with a new key from now on, and publishes no other. */
  rotateKeys(): Promise<void>;
  stop(): Promise<void>;
}

/** The client, and so the audience of its ID tokens. */
export const IDP_CLIENT_ID = 'promptstack';
/** The API, and so the audience of its access tokens. */
export const IDP_API = 'urn:promptstack:api';

const REDIRECT_URI = 'http://127.0.0.1/signed-in';
const SCOPE = 'openid email profile groups';
const TOKEN_SECONDS = 12 * 60 * 60;

/**
 * The certified oidc-provider on loopback, for development and tests: it signs in any user without a password, so it must
 * never be reachable from elsewhere. The users' groups are in both kinds of tokens.
 */
export async function startIdentityProvider(users: readonly IdpUser[], port = 0): Promise<IdentityProvider> {
  let answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const useNewProvider = async () => {
    answer = answersOf(await makeProvider(issuer, users));
  };
  await useNewProvider();
  return {
    issuer,
    signIn: (sub) => signIn(issuer, sub),
    rotateKeys: useNewProvider,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

async function makeProvider(issuer: string, users: readonly IdpUser[]): Promise<Provider> {
  // An ES module, which only a dynamic import can load from here.
  const { Provider: OidcProvider } = await import('oidc-provider');
  return new OidcProvider(issuer, configuration(users));
}

function configuration(users: readonly IdpUser[]): Configuration {
  const claimsOf = (sub: string) => ({
    ...users.find((user) => user.sub === sub),
    email_verified: true,
  });
  return {
    clients: [
      { client_id: IDP_CLIENT_ID, redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
    ],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomUUID()] },
    scopes: SCOPE.split(' '),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    conformIdTokenClaims: false,
    findAccount: (_context, sub) =>
      users.some((user) => user.sub === sub)
        ? { accountId: sub, claims: () => ({ ...claimsOf(sub), sub }) }
        : undefined,
    extraTokenClaims: (_context, token) =>
      'accountId' in token && token.accountId !== undefined ? claimsOf(token.accountId) : undefined,
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'api', audience: IDP_API, accessTokenFormat: 'jwt' }),
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId,
        accountId: oidc.session?.accountId,
      });
      grant.addOIDCScope(SCOPE);
      grant.addResourceScope(IDP_API, 'api');
      await grant.save();
      return grant;
    },
    ttl: {
      AccessToken: TOKEN_SECONDS,
      IdToken: TOKEN_SECONDS,
      Grant: TOKEN_SECONDS,
      Session: TOKEN_SECONDS,
      Interaction: 600,
    },
  };
}

/** The sign-in page asks nothing: the user named in `login_hint` is signed in. */
function answersOf(provider: Provider) {
  const callback = provider.callback();
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!request.url?.startsWith('/interaction/')) return callback(request, response);
    const { params } = await provider.interactionDetails(request, response);
    await provider.interactionFinished(request, response, {
      login: { accountId: String(params.login_hint) },
    });
  };
}

function signingKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

async function signIn(issuer: string, sub: string): Promise<IdpTokens> {
  const verifier = randomUUID() + randomUUID();
  const query = new URLSearchParams({
    client_id: IDP_CLIENT_ID,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: `${SCOPE} api`,
    resource: IDP_API,
    login_hint: sub,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const code = await codeOf(`${issuer}/auth?${query.toString()}`);
  const answer = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      client_id: IDP_CLIENT_ID,
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }),
  });
  const tokens = (await answer.json()) as { id_token: string; access_token: string };
  if (!answer.ok) throw new Error(`the provider answered ${answer.status}: ${JSON.stringify(tokens)}`);
  return { idToken: tokens.id_token, accessToken: tokens.access_token };
}

/** Follows the redirects of a sign-in, keeping cookies, to the code at their end. */
async function codeOf(start: string): Promise<string> {
  const cookies = new Map<string, string>();
  let address = start;
  for (let hop = 0; hop < 10; hop++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(address, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]?.split('=', 2) ?? [];
      cookies.set(name, value);
    }
    const next = answer.headers.get('location');
    if (next === null) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
    address = new URL(next, address).href;
    const { searchParams } = new URL(address);
    const code = searchParams.get('code');
    if (code !== null) return code;
    if (searchParams.has('error')) throw new Error(`the provider refuses: ${searchParams.toString()}`);
  }
  throw new Error('the sign-in does not end');
}
