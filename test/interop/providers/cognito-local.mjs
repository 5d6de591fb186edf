import { createRequire } from 'node:module';

/** Cognito's own API over HTTP, as its SDK speaks it. */
async function call(url, action, body) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      'X-Amz-Target': `AWSCognitoIdentityProviderService.${action}`,
      'Content-Type': 'application/x-amz-json-1.1',
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${action} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}

export default async ({ port, folder }) => {
  process.chdir(folder); // it keeps its pools in .cognito/
  process.env.PORT = String(port);
  process.env.HOST = '127.0.0.1';
  createRequire(import.meta.url)('cognito-local/lib/bin/start.js');
  const url = `http://127.0.0.1:${port}/`;
  for (let tries = 0; tries < 100; tries++) {
    if (
      await fetch(`${url}health`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    await new Promise((done) => setTimeout(done, 100));
  }
  const { UserPool: pool } = await call(url, 'CreateUserPool', { PoolName: 'people' });
  const { UserPoolClient: client } = await call(url, 'CreateUserPoolClient', {
    UserPoolId: pool.Id,
    ClientName: 'web',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH'],
  });
  const user = { UserPoolId: pool.Id, Username: 'ada@cognito.example' };
  await call(url, 'AdminCreateUser', {
    ...user,
    UserAttributes: [
      { Name: 'email', Value: 'ada@cognito.example' },
      { Name: 'email_verified', Value: 'true' },
    ],
    MessageAction: 'SUPPRESS',
  });
  await call(url, 'AdminSetUserPassword', { ...user, Password: 'correct horse battery', Permanent: true });
  const { AuthenticationResult: result } = await call(url, 'InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    ClientId: client.ClientId,
    AuthParameters: { USERNAME: 'ada@cognito.example', PASSWORD: 'correct horse battery' },
  });
  return {
    packages: ['cognito-local'],
    issuer: JSON.parse(Buffer.from(result.IdToken.split('.')[1], 'base64url')).iss,
    audience: client.ClientId,
    jwksUrl: `${url}${pool.Id}/.well-known/jwks.json`,
    user: { email: 'ada@cognito.example' },
    tokens: { id: result.IdToken, access: result.AccessToken },
    refused: {},
  };
};
