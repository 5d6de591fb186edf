import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/process/eventually';
import { writeIssuersFile } from '../support/providers/issuers-file';
import { expectAccepted, expectRefused, expectUndecided } from '../support/tokens/token-outcome';
import { me, startOidcService, validate } from '../support/providers/oidc';
import { ProviderStub, stubKey, type StubMode } from '../support/providers/provider-stub';
import { startService, type Service } from '../support/process/service';
import { TcpProxy } from '../support/http/tcp-proxy';
import { useDatabase } from '../support/database/test-database';

/** A set that could not be read is asked for again this much later (src/federation/jwks/remote-jwks.ts). */
const FAILURE_PAUSE_MS = 3_000;
const UNREADABLE: readonly StubMode[] = ['refuse', 'malformed', 'empty', 'error', 'redirect', 'huge'];

describe('the key set of a provider', () => {
  const database = useDatabase();

  /** A service with its own settings, and as many providers as its tests take: each test has one to itself. */
  function withProviders(count: number, env: Record<string, string> = {}) {
    const unused: ProviderStub[] = [];
    const all: ProviderStub[] = [];
    const context = {
      service: undefined as unknown as Service,
      /** One that the service has not asked yet. */
      next(): ProviderStub {
        const provider = unused.pop();
        if (!provider) throw new Error('the test needs one provider more');
        return provider;
      },
    };
    beforeAll(async () => {
      for (let n = 0; n < count; n++) unused.push(await ProviderStub.start());
      all.push(...unused);
      const issuers = unused.map(({ issuer }) => ({ issuer, audience: 'app' }));
      context.service = await startService({
        databaseUrl: database.url,
        env: { AUTH_OIDC_ISSUERS_FILE: writeIssuersFile(issuers), ...env },
      });
    });
    afterAll(async () => {
      await context.service.stop();
      await Promise.all(all.map((provider) => provider.stop()));
    });
    return context;
  }

  describe('with the usual settings', () => {
    const context = withProviders(13);
    let service: Service;
    let provider: ProviderStub;

    beforeEach(() => {
      service = context.service;
      provider = context.next();
    });

    it('R32 is read once for 50 first requests at once, and then kept', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => me(service, provider.mint())));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      await expectAccepted(service, provider.mint());
      expect(provider.reads).toBe(1);
    });

    it('R32 flood: 1,000 tokens with unknown keys among good ones cost three reads, and every good one passes', async () => {
      const good = provider.mint();
      await expectAccepted(service, good);
      const attacker = stubKey();
      let passed = 0;
      let refused = 0;
      for (let round = 0; round < 100; round++) {
        const bad = Array.from({ length: 10 }, (_, n) =>
          provider.mint({}, { key: attacker, header: { kid: `unknown-${round}-${n}` } }),
        );
        const answers = await Promise.all([...bad, good, good].map((token) => validate(service, token)));
        passed += answers.filter(({ body }) => body.valid).length;
        refused += answers.filter(({ status, body }) => status === 200 && !body.valid).length;
      }
      expect({ passed, refused, reads: provider.reads }).toEqual({ passed: 200, refused: 1_000, reads: 3 });
    });

    it('R32 flood while the provider fails: 200 tokens with unknown keys ask it twice at most, and every good one passes', async () => {
      const good = provider.mint();
      await expectAccepted(service, good);
      provider.mode = 'error';
      const attacker = stubKey();
      const statuses: number[] = [];
      for (let round = 0; round < 20; round++) {
        const bad = Array.from({ length: 10 }, (_, n) =>
          provider.mint({}, { key: attacker, header: { kid: `unknown-${round}-${n}` } }),
        );
        statuses.push(
          ...(await Promise.all(bad.map((token) => validate(service, token)))).map(({ status }) => status),
        );
        await expectAccepted(service, good);
      }
      expect(statuses.filter((status) => status === 503)).toHaveLength(200);
      expect(provider.reads).toBeLessThanOrEqual(3); // the first one was good
    });

    it('R33 a key set whose lone key has no kid: a rotation is seen with the first token of the new key', async () => {
      const nameless = () => stubKey('RS256', { kid: undefined });
      provider.keys = [nameless()];
      const old = provider.mint();
      await expectAccepted(service, old);
      provider.keys = [nameless()];
      await expectAccepted(service, provider.mint());
      await expectRefused(service, old);
      expect(provider.reads).toBe(3); // the last one for the old token: its key might be a new one
    });

    it('R33 oidcc-client-test-signing-key-rotation: a new key is good at once, the old one while it is published', async () => {
      const old = provider.keys[0];
      await expectAccepted(service, provider.mint());
      provider.keys = [stubKey(), ...provider.keys];
      await expectAccepted(service, provider.mint());
      await expectAccepted(service, provider.mint({}, { key: old }));
      expect(provider.reads).toBe(2);
    });

    it('R33 oidcc-client-test-signing-key-rotation-just-before-signing: many tokens of the new key at once', async () => {
      await expectAccepted(service, provider.mint());
      provider.keys = [stubKey()];
      const answers = await Promise.all(Array.from({ length: 20 }, () => me(service, provider.mint())));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(provider.reads).toBe(2);
    });

    it('a slow provider is waited for', async () => {
      provider.mode = 'slow';
      await expectAccepted(service, provider.mint());
    });

    it.each([
      ['names no key set', { jwks_uri: undefined }],
      ['names a key set that is no address', { jwks_uri: 'keys' }],
      ['names a key set that is not on the web', { jwks_uri: 'file:///etc/keys' }],
      ['names the issuer in a list', { issuer: ['x'] }],
    ])('R31 a provider whose metadata %s has no keys that could be believed', async (_what, metadata) => {
      provider.metadata = metadata;
      await expectUndecided(service, provider.mint());
      expect(provider.reads).toBe(0);
    });

    it.each<StubMode>(['hang', 'drip'])(
      'R32 a key set that comes by "%s" holds a request for 3 s at most, and the next one not at all',
      async (mode) => {
        provider.mode = mode;
        const token = provider.mint();
        const first = await timed(() => validate(service, token));
        expect(first.status).toBe(503);
        expect(first.ms).toBeGreaterThan(2_500);
        expect(first.ms).toBeLessThan(5_000);
        const next = await timed(() => validate(service, token));
        expect(next.status).toBe(503);
        expect(next.ms).toBeLessThan(first.ms / 2);
        expect(Number(next.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      },
    );
  });

  describe('that cannot be read', () => {
    const context = withProviders(UNREADABLE.length);
    const providers = new Map<StubMode, ProviderStub>();
    const providerIn = (mode: StubMode) => {
      const provider = providers.get(mode);
      if (!provider) throw new Error(`no provider answers with ${mode}`);
      return provider;
    };

    beforeAll(() => {
      for (const mode of UNREADABLE) {
        const provider = context.next();
        provider.mode = mode;
        providers.set(mode, provider);
      }
    });

    it.each(UNREADABLE)('R32 answered with "%s", is an outage, not a refusal', async (mode) => {
      await expectUndecided(context.service, providerIn(mode).mint());
      expect(providerIn(mode).reads).toBe(1);
    });

    describe('and can be again', () => {
      beforeAll(() => sleep(FAILURE_PAUSE_MS));

      it.each(UNREADABLE)('is used from then on, after "%s"', async (mode) => {
        providerIn(mode).mode = 'good';
        await expectAccepted(context.service, providerIn(mode).mint());
      });
    });
  });

  describe('that is believed for a second', () => {
    const context = withProviders(7, { AUTH_OIDC_JWKS_CACHE_SECONDS: '1' });
    let service: Service;
    let provider: ProviderStub;

    beforeEach(() => {
      service = context.service;
      provider = context.next();
    });

    it('a provider that stops: known keys pass, others are undecided; with new keys it is back without a restart', async () => {
      const known = provider.mint();
      await expectAccepted(service, known);
      await provider.stop();
      provider.keys = [stubKey()];
      const unknown = provider.mint();
      await expectAccepted(service, known);
      await expectUndecided(service, unknown);
      await provider.listen();
      await eventually(
        'the new key is known',
        async () => (await me(service, unknown)).status === 200 || undefined,
      );
      await expectRefused(service, known); // its key is published no more
    });

    it('R33 a removed key is refused within the cache time', async () => {
      const token = provider.mint();
      await expectAccepted(service, token);
      provider.keys = [stubKey()];
      await sleep(1_100);
      await expectRefused(service, token);
    });

    it.each<StubMode>(['malformed', 'empty', 'error', 'huge'])(
      'R32 good keys survive a key set that is answered with "%s"',
      async (mode) => {
        const token = provider.mint();
        await expectAccepted(service, token);
        provider.mode = mode;
        await sleep(1_100);
        await expectAccepted(service, token);
        expect(provider.reads).toBeGreaterThan(1);
      },
    );

    it('while a provider hangs, stale keys answer at once after the first wait', async () => {
      const token = provider.mint();
      await expectAccepted(service, token);
      provider.mode = 'hang';
      await sleep(1_100);
      const first = await timed(() => validate(service, token));
      expect(first.body.valid).toBe(true);
      await sleep(FAILURE_PAUSE_MS);
      const later = await timed(() => validate(service, token));
      expect(later.body.valid).toBe(true);
      expect(later.ms).toBeLessThan(first.ms / 2);
    });
  });

  describe('of a single provider', () => {
    let provider: ProviderStub;
    let service: Service;

    beforeEach(async () => {
      provider = await ProviderStub.start();
    });

    afterEach(async () => {
      await service.stop();
      await provider.stop();
    });

    const start = async (env: Record<string, string> = {}) => {
      service = await startOidcService(database, provider, env);
    };

    it('R32 stale: keys that were read outlast the provider for the time that is set, and no longer', async () => {
      await start({ AUTH_OIDC_JWKS_CACHE_SECONDS: '1', AUTH_OIDC_JWKS_STALE_SECONDS: '4' });
      const token = provider.mint();
      await expectAccepted(service, token);
      await provider.stop();
      await sleep(1_500);
      await expectAccepted(service, token);
      await sleep(4_000);
      await expectUndecided(service, token);
    });

    it('R65 a provider and a database that are slow together are answered 503 within 5 s', async () => {
      const proxy = await TcpProxy.start(database.url);
      service = await startOidcService({ ...database, url: proxy.url }, provider);
      const token = provider.mint();
      provider.mode = 'very-slow';
      proxy.delayMs = 450; // each statement takes 0.9 s: the read is in time, and so would be a short transaction
      const answer = await timed(() => validate(service, token));
      expect(answer.status).toBe(503);
      expect(answer.ms).toBeGreaterThan(3_000);
      expect(answer.ms).toBeLessThan(5_000);
      proxy.delayMs = 0;
      await eventually('the keys have arrived meanwhile', async () => {
        return (await validate(service, token)).status === 200 || undefined;
      });
      await expectAccepted(service, token);
      await proxy.stop();
    });

    it('AUTH_OIDC_JWKS_URL takes the place of discovery', async () => {
      provider.metadata = { issuer: 'https://elsewhere.example' };
      await start({ AUTH_OIDC_JWKS_URL: provider.jwksUrl });
      await expectAccepted(service, provider.mint());
    });
  });

  async function timed<T extends object>(work: () => Promise<T>): Promise<T & { ms: number }> {
    const begin = performance.now();
    const result = await work();
    return { ...result, ms: performance.now() - begin };
  }
});
