import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover, REDIRECT_URI, signIn } from './browser.mjs';
import { packaged, startProgram } from './child.mjs';

const API = 'https://prompts.example';
const INIT = `
import sqlite3, sys
script = open('/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3').read()
sqlite3.connect(sys.argv[1]).executescript(script)
`;

export default async ({ port, folder }) => {
  const url = `http://127.0.0.1:${port}`;
  execFileSync('/usr/bin/python3', ['-c', INIT, join(folder, 'db')]);
  writeFileSync(join(folder, 'conf'), configuration(port, folder));
  await startProgram('/usr/bin/glewlwyd', ['-c', join(folder, 'conf')], { url: `${url}/config` });

  const admin = new Session(url);
  await admin.send('POST', 'auth/', { username: 'admin', password: 'password' });
  // What is known of users and clients besides what it always knows.
  await admin.change('mod/user/database', ({ parameters }) => {
    parameters['data-format'].email_verified = { multiple: false, read: true, write: true };
  });
  await admin.send('PUT', 'mod/user/database/reset/');
  for (const name of ['email', 'prompts'])
    await admin.send('POST', 'scope/', { name, password_required: false });
  const issuer = `${url}/api/oidc`;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const parameters = {
    iss: issuer,
    'jwt-type': 'ecdsa',
    'jwt-key-size': '256',
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: publicKey.export({ type: 'spki', format: 'pem' }),
    'jwks-show': true,
    'auth-type-code-enabled': true,
    'pkce-allowed': true,
    'allow-non-oidc': false,
    'access-token-duration': 3600,
    'refresh-token-duration': 3600,
    'code-duration': 600,
    'resource-allowed': true,
    'resource-scope': { prompts: [API] },
    'name-claim': 'mandatory',
    'email-claim': 'mandatory',
    claims: [
      {
        name: 'email_verified',
        'user-property': 'email_verified',
        type: 'boolean',
        'boolean-value-true': '1',
        'boolean-value-false': '0',
        mandatory: true,
        scope: ['email'],
      },
    ],
  };
  await admin.send('POST', 'mod/plugin/', {
    module: 'oidc',
    name: 'oidc',
    display_name: 'OpenID Connect',
    parameters,
  });
  await admin.send('POST', 'client/', {
    client_id: 'web',
    name: 'web',
    enabled: true,
    confidential: true,
    password: 'secret',
    scope: [],
    redirect_uri: [REDIRECT_URI],
    authorization_type: ['code'],
    token_endpoint_auth_method: ['client_secret_post'],
  });
  const user = { username: 'ada', password: 'correct horse battery' };
  await admin.send('POST', 'user/', {
    ...user,
    name: 'Ada Lovelace',
    email: 'ada@glewlwyd.example',
    email_verified: '1',
    enabled: true,
    scope: ['g_profile', 'openid', 'email', 'prompts'],
  });

  const ada = new Session(url);
  await ada.send('POST', 'auth/', user);
  await ada.send('PUT', 'auth/grant/web/', { scope: 'openid email prompts' });
  const flow = {
    metadata: await discover(issuer),
    client: 'web',
    secret: 'secret',
    scope: 'openid email prompts',
    cookies: ada.cookies,
  };
  const extra = { g_continue: '', nonce: 'once' }; // what its own page adds once the user is known
  const plain = await signIn({ ...flow, extra });
  const forApi = await signIn({ ...flow, extra: { ...extra, resource: API } });
  return {
    packages: [],
    versions: [packaged('glewlwyd')],
    issuer,
    user: { email: 'ada@glewlwyd.example', name: 'Ada Lovelace' },
    tokens: { id: plain.id_token, access: forApi.access_token },
    refused: { audience: plain.access_token },
  };
};

/** Somebody's session at the API. */
class Session {
  cookies = [];

  constructor(url) {
    this.url = url;
  }

  async send(method, path, body) {
    const answer = await fetch(`${this.url}/api/${path}`, {
      method,
      headers: {
        'Content-Type': 'application/json',
        cookie: this.cookies.map((pair) => pair.join('=')).join('; '),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    for (const line of answer.headers.getSetCookie()) this.cookies = [/^([^=]+)=([^;]*)/.exec(line).slice(1)];
    return answer.json().catch(() => undefined);
  }

  async change(path, edit) {
    const found = await this.send('GET', path);
    edit(found);
    await this.send('PUT', path, found);
  }
}

const configuration = (port, folder) => `
port=${port}
bind_address="127.0.0.1"
external_url="http://127.0.0.1:${port}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3" path = "${folder}/db" }
`;
