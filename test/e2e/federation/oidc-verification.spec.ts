import { createHmac, createPublicKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { register } from '../../support/http/accounts';
import { flushedLogs } from '../../support/process/flushed-logs';
import { expectAccepted, expectRefused, expectUndecided } from '../../support/tokens/token-outcome';
import { me, startOidcService, validate } from '../../support/providers/oidc';
import { person, ProviderStub, signWith, stubKey } from '../../support/providers/provider-stub';
import type { Service } from '../../support/process/service';
import { createTestDatabase, type TestDatabase, useDatabase } from '../../support/database/test-database';
import { encode, forge } from '../../support/tokens/tokens';

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];

describe('tokens of a provider', () => {
  const keys = new Map(ALGORITHMS.map((alg) => [alg, stubKey(alg)]));
  const weak = stubKey('RS256', { bits: 1024 });
  const forEncryption = stubKey('RS256', { use: 'enc' });
  const forWrapping = stubKey('RS256', { key_ops: ['wrapKey'] });
  const withPrivatePart = stubKey('RS256');
  const withoutAlg = stubKey('RS256', { alg: undefined });
  let database: TestDatabase;
  let provider: ProviderStub;
  let service: Service;

  beforeAll(async () => {
    database = await createTestDatabase();
    provider = await ProviderStub.start();
    const exposed = {
      ...withPrivatePart,
      jwk: { ...withPrivatePart.privateKey.export({ format: 'jwk' }), kid: withPrivatePart.kid },
    };
    provider.keys = [...keys.values(), weak, forEncryption, forWrapping, exposed, withoutAlg];
    provider.keys.push({
      ...weak,
      jwk: { kty: 'oct', k: encode('a-shared-secret-of-32-bytes-at-least'), kid: 'shared' },
    });
    service = await startOidcService(database, provider, { AUTH_OIDC_AUDIENCE: 'app,app-2' });
  });

  afterAll(async () => {
    await service?.stop();
    await provider?.stop();
    await database?.drop();
  });

  const now = () => Math.floor(Date.now() / 1000);

  it.each(ALGORITHMS)('R2 are good when signed with %s', async (alg) => {
    const key = keys.get(alg);
    const { email, ...rest } = person();
    expect(await expectAccepted(service, provider.mint({ ...rest, email }, { key }))).toMatchObject({
      email,
    });
  });

  it('a token of ours is still judged by our rules', async () => {
    const account = await register(service);
    await expectAccepted(service, account.token);
    await expectRefused(service, forge(account, { claims: { iss: provider.issuer } }));
  });

  describe('OpenID conformance, relying party', () => {
    it('oidcc-client-test-invalid-iss', async () => {
      for (const iss of ['https://evil.example', `${provider.issuer}/`, [provider.issuer], null, 5]) {
        await expectRefused(service, provider.mint({ iss }));
      }
    });

    it('oidcc-client-test-missing-sub, and R11: a sub that is no text of 1 to 255 characters', async () => {
      for (const sub of [undefined, '', 5, null, ['a'], {}, 'x'.repeat(256), 'a\u0000b', 'a\nb', '\ud800']) {
        await expectRefused(service, provider.mint({ sub }));
      }
      await expectAccepted(service, provider.mint({ sub: 'x'.repeat(255) }));
    });

    it('oidcc-client-test-invalid-aud', async () => {
      for (const aud of [
        'other',
        [],
        ['other'],
        ['app', 5],
        ['app', 'other'],
        { app: 1 },
        'app,app-2',
        'APP',
      ]) {
        await expectRefused(service, provider.mint({ aud, azp: 'app' }));
      }
    });

    it('oidcc-client-test-missing-aud', () => expectRefused(service, provider.mint({ aud: undefined })));

    it('oidcc-client-test-missing-iat', () => expectRefused(service, provider.mint({ iat: undefined })));

    it('oidcc-client-test-invalid-sig-rs256', () =>
      expectRefused(service, altered(provider.mint({}, { key: keys.get('RS256') }))));

    it('oidcc-client-test-invalid-sig-es256', () =>
      expectRefused(service, altered(provider.mint({}, { key: keys.get('ES256') }))));

    it.each(['ES256', 'ES384', 'ES512'])('an %s signature of another length is refused', async (alg) => {
      const [head, payload, signature = ''] = provider.mint({}, { key: keys.get(alg) }).split('.');
      const bytes = Buffer.from(signature, 'base64url');
      for (const other of [bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(1)]) {
        await expectRefused(service, `${head}.${payload}.${other.toString('base64url')}`);
      }
    });

    it('oidcc-client-test-invalid-sig-hs256: neither a shared secret nor a public key makes an HMAC good', async () => {
      const rsa = keys.get('RS256');
      const publicKey = createPublicKey(rsa!.privateKey);
      const secrets = [
        publicKey.export({ format: 'pem', type: 'spki' }),
        publicKey.export({ format: 'der', type: 'spki' }),
        'a-shared-secret-of-32-bytes-at-least',
        'app',
      ];
      for (const secret of secrets) {
        for (const kid of [rsa?.kid, 'shared', undefined]) {
          const input = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode({ ...person(), ...provider.frame() })}`;
          const signature = createHmac('sha256', secret).update(input).digest('base64url');
          await expectRefused(service, `${input}.${signature}`);
        }
      }
    });

    it('oidcc-client-test-idtoken-sig-none', async () => {
      const payload = encode({ ...person(), ...provider.frame() });
      for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, [], {}, undefined]) {
        const head = encode({ alg, typ: 'JWT', kid: provider.keys[0]?.kid });
        await expectRefused(service, `${head}.${payload}.`);
        await expectRefused(service, `${head}.${payload}.${provider.mint().split('.')[2]}`);
      }
    });

    it('oidcc-client-test-kid-absent-multiple-jwks', () =>
      expectRefused(service, provider.mint({}, { header: { kid: undefined } })));
  });

  it.each([
    [
      'its signature is of another key',
      () => provider.mint({}, { key: { ...stubKey(), kid: provider.keys[0]?.kid } }),
    ],
    ['R12 the key is weak', () => provider.mint({}, { key: weak })],
    ['R32 the key is for encryption', () => provider.mint({}, { key: forEncryption })],
    ['R32 the key is for wrapping keys', () => provider.mint({}, { key: forWrapping })],
    ['R32 the private part of the key is published', () => provider.mint({}, { key: withPrivatePart })],
    [
      'R2 the key names another algorithm',
      () => provider.mint({}, { key: { ...keys.get('RS256')!, alg: 'PS256' } }),
    ],
    [
      'R2 the key names none and would be used with a second one',
      () => provider.mint({}, { key: { ...withoutAlg, alg: 'RS512' } }),
    ],
    ['R6 the header has crit', () => provider.mint({}, { header: { crit: ['exp'] } })],
    ['R6 the header has b64', () => provider.mint({}, { header: { b64: true } })],
    ['R10 the type is refresh+jwt', () => provider.mint({}, { header: { typ: 'refresh+jwt' } })],
    ['R10 the type is logout+jwt', () => provider.mint({}, { header: { typ: 'logout+jwt' } })],
    ['R10 the type is no text', () => provider.mint({}, { header: { typ: 5 } })],
    [
      'R10 it is a logout token',
      () => provider.mint({ events: { 'http://schemas.openid.net/event/backchannel-logout': {} } }),
    ],
    ['R10 it is of another use', () => provider.mint({ token_use: 'refresh' })],
    ['R8 it has no exp', () => provider.mint({ exp: undefined })],
    ['R8 exp is a text', () => provider.mint({ exp: String(now() + 600) })],
    ['R8 it expired before the leeway', () => provider.mint({ exp: now() - 31 })],
    ['R8 it is not valid yet', () => provider.mint({ nbf: now() + 60 })],
    ['R8 it was issued in the future', () => provider.mint({ iat: now() + 60 })],
    ['R11 azp is not ours', () => provider.mint({ azp: 'other' })],
    ['R11 azp is missing beside two audiences', () => provider.mint({ aud: ['app', 'app-2'] })],
    [
      'R11 an audience beside ours is not trusted',
      () => provider.mint({ aud: ['app', 'other'], azp: 'app' }),
    ],
    [
      'R9 it has client_id for aud but is no access token',
      () => provider.mint({ aud: undefined, client_id: 'app' }),
    ],
    [
      'R9 it is an access token for another client',
      () => provider.mint({ aud: undefined, token_use: 'access', client_id: 'other' }),
    ],
  ])('are refused when %s', (_what, token) => expectRefused(service, token()));

  it.each([
    ['exp within the leeway', () => ({ exp: now() - 25 })],
    ['two audiences of ours and azp', () => ({ aud: ['app', 'app-2'], azp: 'app-2' })],
    [
      'an access token with a further audience',
      () => ({ aud: ['app', 'https://idp.example/userinfo'], scope: 'openid' }),
    ],
    ['an access token of another client', () => ({ scope: 'openid', azp: 'some-client' })],
    ['an iat of long before', () => ({ iat: -1e300 })],
  ])('are good with %s', async (_what, claims) => {
    await expectAccepted(service, provider.mint(claims()));
  });

  it('R14 expired or not, a bad signature is answered alike', async () => {
    const bodies = await Promise.all(
      [now() - 9_000, now() + 600].map(async (exp) => {
        const { body, status } = await me(service, altered(provider.mint({ exp })));
        return { ...body, request_id: undefined, status };
      }),
    );
    expect(bodies[0]).toEqual(bodies[1]);
  });

  it('R3 J5 jku, x5u, jwk and x5c change nothing and are not asked', async () => {
    let hits = 0;
    const canary = createServer((_request, response) => {
      hits++;
      response.end();
    }).listen(0, '127.0.0.1');
    await new Promise((done) => canary.once('listening', done));
    const url = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/keys`;
    const attacker = stubKey();
    for (const header of [{ jku: url }, { x5u: url }, { jwk: attacker.jwk }, { x5c: ['MIIB'] }]) {
      await expectRefused(
        service,
        provider.mint({}, { key: { ...attacker, kid: provider.keys[0]?.kid }, header }),
      );
      await expectAccepted(service, provider.mint({}, { header }));
    }
    expect(hits).toBe(0);
    canary.close();
  });

  it('R5 J4 a kid is a name and nothing else', async () => {
    const kids = [
      '../../../../dev/null',
      'file:///etc/hostname',
      "x' UNION SELECT 'k'--",
      '__proto__',
      'constructor',
      'toString',
      5,
      [],
      {},
      null,
      '',
    ];
    for (const kid of kids) await expectRefused(service, provider.mint({}, { header: { kid } }));
  });

  it('R7 J13 anything but three whole parts is refused', async () => {
    const token = provider.mint();
    for (const text of [
      '',
      '.',
      '..',
      'a.b.c',
      `${token}.x`,
      `${token}\n`,
      ` ${token}`,
      token.slice(0, -10),
      `${token}.${token}`,
    ]) {
      expect((await validate(service, text)).body).toMatchObject({ valid: false });
    }
    const [head = '', , signature = ''] = token.split('.');
    for (const payload of ['null', '[]', '5', '\ufeff{}']) {
      expect((await validate(service, `${head}.${encode(payload)}.${signature}`)).body).toMatchObject({
        valid: false,
      });
    }
  });

  it('R15 a token above 12 KiB is refused', () =>
    expectRefused(service, provider.mint({ filler: 'x'.repeat(9_500) })));

  it('no case was answered with 5xx', async () => {
    const answers = (await flushedLogs(service)).filter(
      ({ msg, route }) => msg === 'request' && route !== '/health/ready',
    );
    expect(answers.length).toBeGreaterThan(200);
    expect(answers.filter(({ status }) => Number(status) >= 500)).toEqual([]);
  });
});

describe('a provider with one key', () => {
  const database = useDatabase();

  async function withProvider(
    env: Record<string, string>,
    test: (service: Service, provider: ProviderStub) => Promise<void>,
  ) {
    const provider = await ProviderStub.start();
    const service = await startOidcService(database, provider, env);
    try {
      await test(service, provider);
    } finally {
      await service.stop();
      await provider.stop();
    }
  }

  it('oidcc-client-test-kid-absent-single-jwks: is believed without a kid', () =>
    withProvider({}, async (service, provider) => {
      await expectAccepted(service, provider.mint({}, { header: { kid: undefined } }));
      await expectRefused(service, provider.mint({}, { header: { kid: undefined }, key: stubKey() }));
    }));

  it('oidcc-client-test-discovery-issuer-mismatch: has no keys that could be believed', () =>
    withProvider({}, async (service, provider) => {
      provider.metadata = { issuer: `${provider.issuer}/` };
      await expectUndecided(service, provider.mint());
      expect(provider.reads).toBe(0);
    }));

  it('J3 with one algorithm configured, no other is good', () =>
    withProvider({ AUTH_OIDC_ALGORITHMS: 'PS384' }, async (service, provider) => {
      const key = stubKey('PS384', { alg: undefined });
      provider.keys = [key];
      await expectAccepted(service, provider.mint());
      for (const alg of ['RS256', 'RS384', 'PS256', 'PS512']) {
        await expectRefused(service, provider.mint({}, { key: { ...key, alg } }));
      }
    }));

  it('R11 AUTH_OIDC_TOKEN_USE=access keeps ID tokens out', () =>
    withProvider({ AUTH_OIDC_TOKEN_USE: 'access' }, async (service, provider) => {
      await expectRefused(service, provider.mint());
      for (const access of [{ scope: 'a' }, { scp: 'a' }, { scp: ['a'] }, { token_use: 'access' }]) {
        await expectAccepted(service, provider.mint(access));
      }
      await expectAccepted(service, provider.mint({}, { header: { typ: 'application/AT+JWT' } }));
    }));

  it('R11 AUTH_OIDC_TOKEN_USE=id keeps access tokens out', () =>
    withProvider({ AUTH_OIDC_TOKEN_USE: 'id' }, async (service, provider) => {
      await expectAccepted(service, provider.mint());
      await expectRefused(service, provider.mint({ scope: 'a' }));
      await expectRefused(service, provider.mint({}, { header: { typ: 'at+jwt' } }));
    }));

  it('J10 leeway: AUTH_JWT_LEEWAY_SECONDS holds for providers too', () =>
    withProvider({ AUTH_JWT_LEEWAY_SECONDS: '0' }, async (service, provider) => {
      await expectRefused(service, provider.mint({ exp: Math.floor(Date.now() / 1000) - 1 }));
    }));

  it('signs for itself only: a token of one issuer under the name of another is refused', async () => {
    const other = await ProviderStub.start();
    await withProvider({}, async (service, provider) => {
      const key = other.keys[0];
      await expectRefused(service, provider.mint({}, { key }));
      await expectRefused(
        service,
        signWith(
          key!.privateKey,
          'RS256',
          { alg: 'RS256', kid: provider.keys[0]?.kid },
          { ...person(), ...provider.frame() },
        ),
      );
    });
    await other.stop();
  });
});

/** Another last letter that still is canonical base64url. */
function altered(token: string): string {
  const at = token.length - 20;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}
