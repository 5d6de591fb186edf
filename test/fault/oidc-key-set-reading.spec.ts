import { makeCertificate, type Certificate } from '../support/http/certificate';
import { eventually } from '../support/process/eventually';
import { flushedLogs } from '../support/process/flushed-logs';
import { ForwardProxy } from '../support/providers/forward-proxy';
import { expectAccepted, expectUndecided } from '../support/tokens/token-outcome';
import { writeIssuersFile } from '../support/providers/issuers-file';
import { startOidcService, validate } from '../support/providers/oidc';
import { ProviderStub, signWith, stubKey, type StubMode } from '../support/providers/provider-stub';
import { startService, type Service } from '../support/process/service';
import { createTestDatabase, type TestDatabase } from '../support/database/test-database';

describe('reading the key set of a provider', () => {
  let database: TestDatabase;
  let certificate: Certificate;

  beforeAll(async () => {
    [database, certificate] = await Promise.all([createTestDatabase(), makeCertificate()]);
  });

  afterAll(() => database.drop());

  async function withService(
    provider: { readonly issuer: string },
    env: Record<string, string>,
    test: (service: Service) => Promise<void>,
  ) {
    const service = await startOidcService(database, provider, env);
    try {
      await test(service);
    } finally {
      await service.stop();
    }
  }

  describe('the log names the cause of a failure', () => {
    const MODES: readonly [StubMode, string, string | RegExp][] = [
      ['refuse', 'connection', /^cannot be reached: .+/],
      ['malformed', 'json', 'answered with something else than JSON'],
      ['empty', 'form', 'holds no key that can be used'],
      ['error', 'status', 'answered 500'],
      ['huge', 'size', 'answered more than 1048576 bytes'],
      ['redirect', 'redirect', /^answered 302, a redirect to http:\/\/127\.0\.0\.1:\d+\/jwks$/],
      ['hang', 'timeout', 'did not answer in time'],
      ['drip', 'timeout', 'did not answer in time'],
    ];
    const NOWHERE = 'https://idp.invalid';
    const stubs = new Map<string, ProviderStub>();
    let gone: ProviderStub;
    let unknown: ProviderStub;
    let service: Service;

    beforeAll(async () => {
      for (const [mode] of MODES) {
        const provider = await ProviderStub.start();
        provider.mode = mode;
        stubs.set(mode, provider);
      }
      [gone, unknown] = await Promise.all([ProviderStub.start(), ProviderStub.start(certificate)]);
      await gone.stop();
      const issuers = [...stubs.values(), gone, unknown, { issuer: NOWHERE }].map(({ issuer }) => issuer);
      service = await startService({
        databaseUrl: database.url,
        env: {
          AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(issuers.map((issuer) => ({ issuer, audience: 'app' }))),
        },
      });
    });

    afterAll(async () => {
      await service.stop();
      await Promise.all([...stubs.values(), unknown].map((provider) => provider.stop()));
    });

    /** The line about the key set, after a token was left undecided for it. */
    async function lineOf(issuer: string, token: string) {
      expect((await validate(service, token)).status).toBe(503);
      const logs = await flushedLogs(service);
      expect(service.output()).not.toContain('fetch failed');
      return logs.find((line) => line.msg === 'key set out of reach' && line.issuer === issuer);
    }

    it.each(MODES)('%s: %s', async (mode, cause, detail) => {
      const provider = stubs.get(mode) as ProviderStub;
      expect(await lineOf(provider.issuer, provider.mint())).toMatchObject({
        url: provider.jwksUrl,
        cause,
        detail: typeof detail === 'string' ? detail : (expect.stringMatching(detail) as unknown),
      });
    });

    it('a provider that is not there: connection', async () => {
      expect(await lineOf(gone.issuer, gone.mint())).toMatchObject({
        cause: 'connection',
        url: `${gone.issuer}/.well-known/openid-configuration`,
        detail: expect.stringContaining('ECONNREFUSED') as unknown,
      });
    });

    it('every line says which setting helps', async () => {
      const lines = (await flushedLogs(service)).filter(({ msg }) => msg === 'key set out of reach');
      expect(lines.length).toBeGreaterThan(MODES.length);
      for (const { url, advice } of lines) {
        const isDiscovery = String(url).endsWith('/openid-configuration');
        expect(advice).toMatch(
          isDiscovery ? /set AUTH_OIDC_ISSUERS_FILE, entry \d+: jwks_url to/ : /jwks_|HTTPS_PROXY/,
        );
      }
    });

    it('a name that nobody has: name', async () => {
      const key = stubKey();
      const token = signWith(key.privateKey, 'RS256', { alg: 'RS256', kid: key.kid }, { iss: NOWHERE });
      expect(await lineOf(NOWHERE, token)).toMatchObject({ cause: 'name' });
    });

    it('a certificate that nobody vouches for: tls', async () => {
      expect(await lineOf(unknown.issuer, unknown.mint())).toMatchObject({
        cause: 'tls',
        detail: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as unknown,
      });
    });

    it('metadata of another issuer: issuer; and R62 no query of an address is shown', async () => {
      const provider = await ProviderStub.start();
      provider.metadata = { issuer: `${provider.issuer}/`, jwks_uri: `${provider.jwksUrl}?key=hunter2` };
      const lines: unknown[] = [];
      const env = { AUTH_OIDC_JWKS_CACHE_SECONDS: '1' };
      await withService(provider, env, async (own) => {
        await expectUndecided(own, provider.mint());
        lines.push(...(await flushedLogs(own)));
      });
      expect(lines).toContainEqual(
        expect.objectContaining({
          msg: 'key set out of reach',
          cause: 'issuer',
          detail: `names another issuer than ${provider.issuer}: ${provider.issuer}/`,
          advice: expect.stringMatching(/^AUTH_OIDC_ISSUER must be .* set AUTH_OIDC_JWKS_URL/) as unknown,
        }),
      );
      provider.metadata = { jwks_uri: `${provider.issuer}/gone?key=hunter2` };
      await withService(provider, env, async (own) => {
        await expectUndecided(own, provider.mint());
        expect(await flushedLogs(own)).toContainEqual(
          expect.objectContaining({
            cause: 'status',
            url: `${provider.issuer}/gone`,
            detail: 'answered 404',
          }),
        );
        expect(own.output()).not.toContain('hunter2');
      });
      await provider.stop();
    });
  });

  describe('through a proxy', () => {
    let proxy: ForwardProxy;
    let provider: ProviderStub;
    let trust: Record<string, string>;

    beforeAll(async () => {
      [proxy, provider] = await Promise.all([ForwardProxy.start(), ProviderStub.start(certificate)]);
      trust = { NODE_EXTRA_CA_CERTS: certificate.file };
    });

    afterAll(async () => {
      await Promise.all([proxy.stop(), provider.stop()]);
    });

    const target = () => `CONNECT ${new URL(provider.issuer).host} `;
    /** How often it was asked for the provider while the work was done. */
    async function tunnels(work: () => Promise<void>): Promise<number> {
      const before = proxy.requests.length;
      await work();
      return proxy.requests.slice(before).filter((line) => line.startsWith(target())).length;
    }

    it.each(['HTTPS_PROXY', 'https_proxy'])('%s is honoured, credentials included', (name) =>
      withService(provider, { ...trust, [name]: proxy.url() }, async (service) => {
        const before = proxy.requests.length;
        await expectAccepted(service, provider.mint());
        await eventually('Apache has logged the tunnel', () =>
          proxy.requests.slice(before).some((line) => line === `${target()}HTTP/1.1 200`) ? true : undefined,
        );
        expect(service.output()).not.toContain('secret@');
      }),
    );

    it.each(['localhost', '*', 'example.com, .localhost'])('NO_PROXY=%s goes directly', async (none) => {
      const env = { ...trust, HTTPS_PROXY: proxy.url(), NO_PROXY: none };
      const count = await tunnels(() =>
        withService(provider, env, async (service) => {
          await expectAccepted(service, provider.mint());
        }),
      );
      expect(count).toBe(0);
    });

    it('NO_PROXY of another port does not', () =>
      withService(
        provider,
        { ...trust, HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: 'localhost:1' },
        (service) => expectUndecided(service, provider.mint()),
      ));

    it('a proxy that refuses is an outage, and the log says that it was the proxy', () =>
      withService(provider, { ...trust, HTTPS_PROXY: proxy.url('user:wrong@') }, async (service) => {
        await expectUndecided(service, provider.mint());
        expect(await flushedLogs(service)).toContainEqual(
          expect.objectContaining({
            msg: 'key set out of reach',
            cause: 'proxy',
            detail: expect.stringContaining('407') as unknown,
          }),
        );
        expect(service.output()).not.toMatch(/fetch failed|wrong@/);
      }));

    it('TLS is with the provider, not with the proxy: a certificate that nobody vouches for is refused', () =>
      withService(provider, { HTTPS_PROXY: proxy.url() }, async (service) => {
        await expectUndecided(service, provider.mint());
        expect(await flushedLogs(service)).toContainEqual(
          expect.objectContaining({ msg: 'key set out of reach', cause: 'tls' }),
        );
      }));

    it('HTTP_PROXY stands for addresses on plain http only', async () => {
      const plain = await ProviderStub.start();
      const dead = 'http://127.0.0.1:1';
      await withService(plain, { HTTPS_PROXY: dead }, async (service) => {
        await expectAccepted(service, plain.mint());
      });
      await withService(plain, { HTTP_PROXY: proxy.url() }, async (service) => {
        await expectAccepted(service, plain.mint());
        await eventually('Apache has logged the request', () =>
          proxy.requests.includes(`GET ${plain.jwksUrl} HTTP/1.1 200`) ? true : undefined,
        );
      });
      await withService(plain, { HTTP_PROXY: proxy.url('user:wrong@') }, async (service) => {
        await expectUndecided(service, plain.mint());
        expect(await flushedLogs(service)).toContainEqual(expect.objectContaining({ cause: 'proxy' }));
      });
      await withService(plain, { HTTP_PROXY: dead }, (service) => expectUndecided(service, plain.mint()));
      await plain.stop();
    });
  });
});
