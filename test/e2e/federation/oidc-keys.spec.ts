import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { flushedLogs } from '../../support/process/flushed-logs';
import { expectAccepted, expectRefused, expectUndecided } from '../../support/tokens/token-outcome';
import { startOidcService } from '../../support/providers/oidc';
import { person, ProviderStub, stubKey, type StubKey } from '../../support/providers/provider-stub';
import type { Service } from '../../support/process/service';
import { useDatabase } from '../../support/database/test-database';
import { encode } from '../../support/tokens/tokens';

describe('the keys of a provider', () => {
  const database = useDatabase();
  let provider: ProviderStub;
  let service: Service;

  beforeEach(async () => {
    provider = await ProviderStub.start();
  });

  afterEach(async () => {
    await service.stop();
    await provider.stop();
  });

  const start = async (keys: StubKey[], algorithms?: string) => {
    provider.keys = keys;
    const env: Record<string, string> = algorithms === undefined ? {} : { AUTH_OIDC_ALGORITHMS: algorithms };
    service = await startOidcService(database, provider, env);
  };

  describe('Ed25519', () => {
    it('R2 is good where its algorithm is named, under either name, and prints no warning', async () => {
      const [eddsa, ed25519, nameless] = [
        stubKey('EdDSA'),
        stubKey('Ed25519'),
        stubKey('EdDSA', { alg: undefined }),
      ];
      const rsa = stubKey();
      await start([eddsa, ed25519, nameless, rsa], 'EdDSA,Ed25519,RS256');
      for (const key of [eddsa, ed25519, nameless, rsa])
        await expectAccepted(service, provider.mint({}, { key }));
      expect(service.output()).not.toContain('Warning');
    });

    it('R2 is nothing where its algorithm is not named, which is so by default', async () => {
      const key = stubKey('EdDSA');
      await start([stubKey(), key]);
      await expectRefused(service, provider.mint({}, { key }));
      const lone = await ProviderStub.start();
      lone.keys = [key];
      const other = await startOidcService(database, lone);
      await expectRefused(other, lone.mint());
      await expectUndecided(other, lone.mint({}, { header: { alg: 'RS256' } })); // its set holds nothing of use
      await other.stop();
      await lone.stop();
    });

    it('R2 keeps its one algorithm, and nothing passes for its signature', async () => {
      const key = stubKey('EdDSA');
      const exchange = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
      const neutral = encode(Buffer.from(`01${'00'.repeat(31)}`, 'hex'));
      await start(
        [
          key,
          stubKey('EdDSA', { kid: 'enc', use: 'enc' }),
          { ...key, kid: 'private', jwk: { ...key.privateKey.export({ format: 'jwk' }), kid: 'private' } },
          { ...key, kid: 'x', jwk: { ...exchange, kid: 'x' } },
          { ...key, kid: 'neutral', jwk: { kty: 'OKP', crv: 'Ed25519', x: neutral, kid: 'neutral' } },
          { ...key, kid: 'short', jwk: { kty: 'OKP', crv: 'Ed25519', x: 'AAAA', kid: 'short' } },
          { ...key, kid: 'text', jwk: { kty: 'OKP', crv: 'Ed25519', x: ['A'], kid: 'text' } },
        ],
        'EdDSA,Ed25519,ES256',
      );
      const token = provider.mint();
      await expectAccepted(service, token);
      const [head, payload, signature = ''] = token.split('.');
      const bytes = Buffer.from(signature, 'base64url');
      const changed = Buffer.from(bytes);
      changed[10] = (changed[10] ?? 0) ^ 1;
      for (const other of [bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(64), changed]) {
        await expectRefused(service, `${head}.${payload}.${other.toString('base64url')}`);
      }
      const altered = encode({ ...person(), ...provider.frame() });
      await expectRefused(service, `${head}.${altered}.${signature}`);
      for (const alg of ['Ed25519', 'ES256', 'RS256', 'Ed448', 'none']) {
        await expectRefused(service, provider.mint({}, { header: { alg } }));
      }
      for (const kid of ['enc', 'private', 'x', 'short', 'text']) {
        await expectRefused(service, provider.mint({}, { header: { kid } }));
      }
      const forged = Buffer.concat([Buffer.from(neutral, 'base64url'), Buffer.alloc(32)]);
      const head2 = encode({ alg: 'EdDSA', kid: 'neutral' });
      await expectRefused(service, `${head2}.${altered}.${forged.toString('base64url')}`);
      const secret = createPublicKey(key.privateKey).export({ format: 'der', type: 'spki' });
      const input = `${encode({ alg: 'HS256', kid: key.kid })}.${altered}`;
      await expectRefused(
        service,
        `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`,
      );
    });
  });

  describe('of one name', () => {
    const twins = (count: number) => Array.from({ length: count }, () => stubKey('RS256', { kid: 'same' }));

    it('are all tried, each with its own algorithm', async () => {
      const elliptic = stubKey('ES256', { kid: 'same' });
      const keys = [...twins(3), elliptic];
      await start(keys);
      for (const key of keys) await expectAccepted(service, provider.mint({}, { key }));
      const stranger = stubKey('RS256', { kid: 'same' });
      await expectRefused(service, provider.mint({}, { key: stranger }));
      expect((await flushedLogs(service)).filter(({ reason }) => reason === 'signature')).not.toEqual([]);
      expect(provider.reads).toBe(1);
    });

    it('are tried up to four, so that a token costs a bounded time', async () => {
      const keys = twins(5);
      await start(keys);
      await expectAccepted(service, provider.mint({}, { key: keys[3] }));
      await expectRefused(service, provider.mint({}, { key: keys[4] }));
    });
  });
});
