import {
  IDP_CLIENT_ID,
  startIdentityProvider,
  type IdpUser,
} from '@promptstack/dev-services/identity-provider';
import { commandErrorText } from '../src/common/system-error';

const DEFAULT_PORT = '8009';
const PEOPLE: readonly IdpUser[] = [
  { sub: 'ada', email: 'ada@example.com', name: 'Ada Lovelace', groups: ['eng', 'product'] },
  { sub: 'grace', email: 'grace@example.com', name: 'Grace Hopper', groups: ['design'] },
];

/** Runs an OpenID provider on loopback and prints what is needed to try the service with it. */
async function main([port = DEFAULT_PORT]: readonly string[]): Promise<void> {
  const provider = await startIdentityProvider(PEOPLE, Number(port));
  const people = await Promise.all(
    PEOPLE.map(async (person) => ({ ...person, ...(await provider.signIn(person.sub)) })),
  );
  process.stdout.write(`
  OpenID provider on ${provider.issuer}, for development only

  Start the service in another terminal:
    AUTH_OIDC_ISSUER=${provider.issuer} AUTH_OIDC_AUDIENCE=${IDP_CLIENT_ID} \\
      AUTH_OIDC_GROUPS_CLAIM=groups npm start

  Then be one of its people (the tokens are good for 12 hours, or until this provider stops):
${people.map(describe).join('')}
  Stop with Ctrl-C.

`);
}

function describe({ name, email, groups, idToken }: IdpUser & { idToken: string }): string {
  return `
  ${name} (${email}), in the groups ${groups.join(' and ')}
    curl -s http://localhost:8001/auth/me -H 'Authorization: Bearer ${idToken}'
`;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${commandErrorText(error, 'npm run idp -- 8010')}\n`);
  process.exitCode = 1;
});
