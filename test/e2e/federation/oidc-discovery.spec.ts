import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { flushedLogs } from '../../support/process/flushed-logs';
import { expectAccepted, expectUndecided } from '../../support/tokens/token-outcome';
import { writeIssuersFile } from '../../support/providers/issuers-file';
import { ProviderStub, stubKey } from '../../support/providers/provider-stub';
import { startService, type Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase } from '../../support/database/test-database';

const METADATA = '/.well-known/openid-configuration';

/** Each test has an issuer of its own at one server. */
const ISSUERS = 20;

/** Providers whose metadata is not where the protocol says, as they are run: what works, and what the log says. */
describe('discovery', () => {
  let database: TestDatabase;
  const keys = ProviderStub.use();
  /** What the provider answers at each path; other paths are 404. */
  const answers: Record<string, (response: ServerResponse) => void> = {};
  let asked: string[] = [];
  let service: Service;
  let origin: string;
  let issuer: string;
  let path: string;
  let count = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url ?? '');
    const answer = answers[request.url ?? ''];
    if (answer) answer(response);
    else response.writeHead(404).end();
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    database = await createTestDatabase();
    const listed = Array.from({ length: ISSUERS }, (_, n) => ({
      issuer: `${origin}/${n + 1}`,
      audience: 'app',
    }));
    service = await startService({
      databaseUrl: database.url,
      env: {
        AUTH_OIDC_ISSUER: `${origin}/0`,
        AUTH_OIDC_AUDIENCE: 'app',
        AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(listed),
      },
    });
  });

  afterAll(async () => {
    await service.stop();
    server.closeAllConnections();
    server.close();
    await database.drop();
  });

  beforeEach(() => {
    asked = [];
    issuer = `${origin}/${count}`;
    path = `/${count++}${METADATA}`;
  });

  const document = (value: object) => (response: ServerResponse) =>
    void response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
  const redirect =
    (location: string, status = 301) =>
    (response: ServerResponse) =>
      void response.writeHead(status, { location }).end();
  const metadata = (changes: object = {}) => ({ issuer, jwks_uri: keys.jwksUrl, ...changes });
  const token = () => keys.mint({ iss: issuer });

  /** The line about the key set, after a token was left undecided for it. */
  async function line() {
    await expectUndecided(service, token());
    const logs = await flushedLogs(service);
    return logs.find((each) => each.msg === 'key set out of reach' && each.issuer === issuer);
  }

  it('R31 follows no redirect of the issuer of the single settings to elsewhere, and names AUTH_OIDC_JWKS_URL', async () => {
    answers[path] = redirect('https://elsewhere.example/');
    expect(await line()).toMatchObject({
      cause: 'redirect',
      detail: 'answered 301, a redirect to https://elsewhere.example/',
      advice: expect.stringContaining('or set AUTH_OIDC_JWKS_URL to the address') as unknown,
    });
  });

  it('R31 follows the one redirect that adds a slash, as django-oauth-toolkit answers', async () => {
    answers[path] = redirect(`${path}/`);
    answers[`${path}/`] = document(metadata());
    await expectAccepted(service, token());
    expect(asked).toEqual([path, `${path}/`]);
  });

  it.each<[string, () => string]>([
    ['a second one', () => `${path}/`],
    ['one that adds a slash and a query', () => `${path}/?a=b`],
    ['one that adds a slash and a fragment', () => `${path}/#a`],
    ['one with two slashes', () => `${path}//`],
    ['one to another path', () => '/oauth2/metadata/'],
    ['one to another name of the host', () => `${origin.replace('127.0.0.1', 'localhost')}${path}/`],
    ['one to another port', () => `http://127.0.0.1:1${path}/`],
    ['one to https', () => `${origin.replace('http:', 'https:')}${path}/`],
  ])('R31 does not follow %s, and says what to set', async (_what, location) => {
    answers[path] = redirect(location());
    answers[`${path}/`] = redirect(`${path}//`);
    expect(await line()).toMatchObject({
      cause: 'redirect',
      detail: expect.stringContaining('a redirect to') as unknown,
      advice: expect.stringContaining(': jwks_url to the address of the provider') as unknown,
    });
    expect(asked.filter((each) => ![path, `${path}/`].includes(each))).toEqual([]);
  });

  it('R31 follows no redirect of the key set, though it only adds a slash', async () => {
    answers[path] = document(metadata({ jwks_uri: `${origin}/jwks` }));
    answers['/jwks'] = redirect(`${origin}/jwks/`);
    answers['/jwks/'] = document({ keys: keys.keys.map(({ jwk }) => jwk) });
    expect(await line()).toMatchObject({
      cause: 'redirect',
      url: `${origin}/jwks`,
      detail: `answered 301, a redirect to ${origin}/jwks/`,
      advice: expect.stringMatching(
        /^redirects are not followed: set .*: jwks_url to the target$/,
      ) as unknown,
    });
    expect(asked).not.toContain('/jwks/');
  });

  it('says that there is no metadata, as for Better Auth with its jwt plugin alone', async () => {
    expect(await line()).toMatchObject({
      cause: 'status',
      url: `${issuer}${METADATA}`,
      detail: 'answered 404',
      advice: expect.stringContaining(': jwks_url to the address') as unknown,
    });
  });

  it('R62 shows both issuers, to the last slash, without what may be secret', async () => {
    answers[path] = document(metadata({ issuer: 'https://user:hunter2@idp.example/?key=hunter2' }));
    const shown = await line();
    expect(shown).toMatchObject({
      cause: 'issuer',
      detail: `names another issuer than ${issuer}: https://idp.example/`,
      advice: expect.stringMatching(/: issuer must be what .* set .*: jwks_url/) as unknown,
    });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
  });

  it.each([
    ['no issuer', { issuer: undefined }, /: none$/],
    ['a number', { issuer: 5 }, /: number$/],
    ['a long one', { issuer: 'x'.repeat(5_000) }, /: x{200}…$/],
  ])('shows an issuer that is %s', async (_what, changes, detail) => {
    answers[path] = document(metadata(changes));
    expect(await line()).toMatchObject({ cause: 'issuer', detail: expect.stringMatching(detail) as unknown });
  });

  it('says which keys a set holds when it can use none: those of Better Auth', async () => {
    answers[path] = document(metadata({ jwks_uri: `${origin}/jwks` }));
    answers['/jwks'] = document({ keys: [stubKey('EdDSA').jwk] });
    expect(await line()).toMatchObject({
      cause: 'form',
      detail: 'holds no key that can be used; its keys: OKP Ed25519 EdDSA',
      advice: expect.stringContaining(': algorithms') as unknown,
    });
  });
});
