import { execFileSync } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { register } from '../support/http/accounts';
import { describeWith, freePort } from '../support/process/debian';
import { run, ROOT } from '../support/process/program';
import { useService } from '../support/process/use-service';
import { newKey } from '../support/tokens/keys';
import { holdRow, RUNS_ALL } from './result-table';

const AUDIENCE = 'https://prompts.example';
const READERS = join(ROOT, 'test/interop/readers');
const packaged = (name: string) =>
  /\d+(\.\d+)+/.exec(
    execFileSync('/usr/bin/dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' }),
  )?.[0];

/** Go is large. */
function leaveOut(): void {}

let port = 0;
beforeAll(async () => (port = await freePort()));

const service = useService({
  // These readers insist on an issuer that is the address where the metadata stand.
  env: () => ({
    PORT: String(port),
    AUTH_PUBLIC_URL: `http://127.0.0.1:${port}`,
    AUTH_JWT_ISSUER: `http://127.0.0.1:${port}`,
    AUTH_JWT_AUDIENCE: AUDIENCE,
    AUTH_JWT_ALGORITHM: 'ES256',
    ...newKey('ES256').signing,
  }),
});

describe('oauth4webapi', () => {
  it.each(['oidc', 'oauth2'])('reads the metadata of %s, and the address of tokens in it', async (kind) => {
    const { status, output } = await run(process.execPath, [
      join(READERS, 'oauth4webapi.mjs'),
      service.url,
      kind,
    ]);
    expect([output.trim(), status]).toEqual([`read ${service.url}/oauth/token`, 0]);
  });

  it('has its row of these results in docs/integrate/tested-with.md', () => {
    const { version } = JSON.parse(
      execFileSync('/bin/cat', [join(READERS, '../node_modules/oauth4webapi/package.json')], {
        encoding: 'utf8',
      }),
    ) as { version: string };
    holdRow('readers', ['oauth4webapi', version, 'both', 'reads them without complaint', '']);
  });
});

const GO = ['/usr/bin/go', '/usr/share/gocode/src/github.com/coreos/go-oidc/oidc.go'];
(RUNS_ALL ? describeWith(GO) : leaveOut)('go-oidc', () => {
  it('reads the metadata, and verifies a token with the keys that they name', async () => {
    const { token, email } = await register(service);
    const { status, output } = await run('/usr/bin/env', [
      ...['GOPATH=/usr/share/gocode', 'GO111MODULE=off', `GOCACHE=${join(homedir(), '.cache/go-build')}`],
      ...['go', 'run', join(READERS, 'go_oidc.go'), service.url, AUDIENCE, token],
    ]);
    expect([output.trim(), status]).toEqual([`read ${service.url}/oauth/token ${email}`, 0]);
  }, 120_000);

  it('has its row of these results in docs/integrate/tested-with.md', () => {
    holdRow('readers', [
      'go-oidc',
      packaged('golang-github-coreos-go-oidc-dev'),
      '`openid-configuration`',
      'reads it without complaint, verifies our tokens',
      'reads no other document',
    ]);
  });
});

describeWith(['/usr/bin/ruby', '/usr/share/rubygems-integration/all/gems/openid_connect-1.2.0'])(
  'openid_connect of ruby',
  () => {
    it('refuses the metadata for what only a provider with a browser has, as the page says', async () => {
      const { status, output } = await run('/usr/bin/ruby', [
        join(READERS, 'openid_connect.rb'),
        service.url,
      ]);
      // OpenID Connect Discovery section 3 requires both; it complains about nothing else.
      expect(output.trim()).toBe(
        "OpenIDConnect::Discovery::DiscoveryFailed: Authorization endpoint can't be blank and Response types supported can't be blank",
      );
      expect(status).toBe(1);
    });

    it('has its row of these results in docs/integrate/tested-with.md', () => {
      holdRow('readers', [
        'openid_connect of ruby',
        packaged('ruby-openid-connect'),
        '`openid-configuration`',
        '**cannot read it**',
        'wants `authorization_endpoint` and a response type, which a service without sign-in by a browser does not have: read the key set by its address (`JSON::JWK::Set`)',
      ]);
    });
  },
);
