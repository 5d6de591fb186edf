import { createHash, randomBytes } from 'node:crypto';

/** The code flow with PKCE (RFC 7636), as a browser and a client do it; answers what the token endpoint answers. */
export async function signIn({
  metadata,
  client,
  secret,
  scope = 'openid email profile',
  fields = {},
  extra = {},
  cookies = [],
  redirectUri = REDIRECT_URI,
}) {
  const verifier = randomBytes(32).toString('base64url');
  const authorize = new URL(metadata.authorization_endpoint);
  authorize.search = new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirectUri,
    scope,
    state: randomBytes(8).toString('hex'),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  });
  const code = await browse(authorize.href, redirectUri, fields, cookies);
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: client,
    client_secret: secret,
    ...extra,
  });
  const answer = await fetch(metadata.token_endpoint, { method: 'POST', body });
  if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

/** Follows redirects and sends each form that comes, until the redirect to the client; answers its code. */
async function browse(address, redirectUri, fields, given) {
  const cookies = new Map(given);
  let url = address;
  let request = {};
  for (let step = 0; step < 20; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...request, redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await answer.text();
    const location = answer.headers.get('location') ?? redirectIn(answer, text);
    if (location) {
      url = new URL(location, url).href;
      request = {};
      if (url.startsWith(redirectUri)) return codeOf(url);
      continue;
    }
    const [form] = /<form[^]*?<\/form>/i.exec(text) ?? [];
    if (!form) throw new Error(`${url} answered ${answer.status} without a form`);
    const action = unescaped(/action="([^"]*)"/i.exec(form)?.[1]) ?? url;
    const inputs = [...form.matchAll(/<input[^>]*>/gi)].map(([tag]) => [
      /name="([^"]*)"/i.exec(tag)?.[1],
      unescaped(/value="([^"]*)"/i.exec(tag)?.[1]) ?? '',
    ]);
    const values = Object.fromEntries(inputs.filter(([name]) => name !== undefined));
    url = new URL(action, url).href;
    request = { method: 'POST', body: new URLSearchParams({ ...values, ...fields }) };
  }
  throw new Error('no end of redirects and forms');
}

/** Nobody listens there: the redirect is read, not followed. */
export const REDIRECT_URI = 'http://127.0.0.1:9/callback';

export async function discover(issuer) {
  const answer = await fetch(`${issuer}/.well-known/openid-configuration`);
  return answer.json();
}

/** A redirect for scripts: Better Auth answers `{ url }` to what asks as `fetch` does. */
function redirectIn(answer, text) {
  return answer.headers.get('content-type')?.startsWith('application/json') ? JSON.parse(text).url : null;
}

const unescaped = (text) =>
  text?.replaceAll('&#x27;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&');

function codeOf(url) {
  const code = new URL(url).searchParams.get('code');
  if (code === null) throw new Error(`no code, but ${url}`);
  return code;
}
