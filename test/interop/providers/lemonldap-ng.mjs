import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { discover, REDIRECT_URI, signIn } from './browser.mjs';
import { packaged, startProgram } from './child.mjs';

export default async ({ port, folder }) => {
  const issuer = `http://127.0.0.1:${port}`;
  for (const name of ['conf', 'sessions', 'psessions', 'cache', 'captcha']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'conf/lmConf-1.json'), JSON.stringify(configuration(issuer, folder)));
  writeFileSync(join(folder, 'lemonldap-ng.ini'), ini(folder));
  writeFileSync(
    join(folder, 'portal.psgi'),
    'use Lemonldap::NG::Portal; Lemonldap::NG::Portal->run({});', // as its own llng-server.psgi
  );
  const listen = ['--listen', `127.0.0.1:${port}`, '--no-default-middleware'];
  await startProgram(
    '/usr/bin/plackup',
    ['-s', 'HTTP::Server::PSGI', ...listen, join(folder, 'portal.psgi')],
    {
      url: `${issuer}/oauth2/jwks`,
      env: { ...process.env, LLNG_DEFAULTCONFFILE: join(folder, 'lemonldap-ng.ini') },
    },
  );
  const flow = { metadata: await discover(issuer), fields: { user: 'dwho', password: 'dwho' } };
  const plain = await signIn({ ...flow, client: 'new', secret: 'secret' });
  const signedIn = await signIn({ ...flow, client: 'web', secret: 'secret' });
  return {
    versions: [packaged('liblemonldap-ng-portal-perl')],
    issuer: flow.metadata.issuer,
    user: { email: 'dwho@badwolf.org', name: 'Doctor Who' },
    tokens: { id: signedIn.id_token, access: signedIn.access_token },
    refused: { opaque: plain.access_token, algorithm: plain.id_token },
  };
};

/** What the package configures, with two relying parties: a new one as it is, and one as the page has it. */
function configuration(portal, folder) {
  const shipped = JSON.parse(readFileSync('/var/lib/lemonldap-ng/conf/lmConf-1.json', 'utf8'));
  const pem = {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  };
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem });
  const files = (name) => ({ Directory: join(folder, name), LockDirectory: join(folder, name) });
  const client = (id) => ({
    oidcRPMetaDataOptionsClientID: id,
    oidcRPMetaDataOptionsClientSecret: 'secret',
    oidcRPMetaDataOptionsRedirectUris: REDIRECT_URI,
    oidcRPMetaDataOptionsBypassConsent: 1,
  });
  const claims = { email: 'mail', name: 'cn', email_verified: 'verified;bool;auto' };
  return {
    ...shipped,
    portal: `${portal}/`,
    domain: '127.0.0.1',
    issuerDBOpenIDConnectActivation: 1,
    oidcServicePrivateKeySig: privateKey,
    oidcServicePublicKeySig: publicKey,
    oidcServiceKeyIdSig: 'first',
    macros: { ...shipped.macros, verified: '1' },
    oidcRPMetaDataExportedVars: { new: claims, web: claims },
    oidcRPMetaDataOptions: {
      new: { ...client('new'), oidcRPMetaDataOptionsIDTokenSignAlg: 'HS512' }, // its manager's default
      web: {
        ...client('web'),
        oidcRPMetaDataOptionsIDTokenSignAlg: 'RS256',
        oidcRPMetaDataOptionsIDTokenForceClaims: 1,
        oidcRPMetaDataOptionsAccessTokenJWT: 1,
        oidcRPMetaDataOptionsAccessTokenSignAlg: 'RS256',
      },
    },
    globalStorageOptions: { ...shipped.globalStorageOptions, ...files('sessions') },
    persistentStorageOptions: { ...shipped.persistentStorageOptions, ...files('psessions') },
    localSessionStorageOptions: { ...shipped.localSessionStorageOptions, cache_root: join(folder, 'cache') },
    notification: 0,
    captcha_mail_enabled: 0,
    captcha_register_enabled: 0,
    registerDB: 'Null',
    portalDisplayResetPassword: 0,
  };
}

const ini = (folder) => `
[all]
logLevel = warn
[configuration]
type = File
dirName = ${folder}/conf
[portal]
staticPrefix = /static
templateDir = /usr/share/lemonldap-ng/portal/templates
languages = en
`;
