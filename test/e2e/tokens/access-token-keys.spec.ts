import { calculateJwkThumbprint, jwtVerify } from 'jose';
import { register, type Account } from '../../support/http/accounts';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { TEST_SECRET } from '../../support/process/service';
import { decode, encode, goodClaims, makeKeyPair, signHs256, signWithKey } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

describe.each(['RS256', 'ES256'] as const)('access tokens signed with %s', (algorithm) => {
  const pair = makeKeyPair(algorithm);
  const stranger = makeKeyPair(algorithm);
  let account: Account;
  let kid: string;
  const service = useService({
    env: { AUTH_JWT_ALGORITHM: algorithm, AUTH_JWT_PRIVATE_KEY: pair.privatePem },
  });

  beforeAll(async () => {
    account = await register(service);
    kid = await calculateJwkThumbprint(pair.publicKey.export({ format: 'jwk' }));
  });

  const forge = (header: Record<string, unknown> = {}, key = pair.privateKey) =>
    signWithKey(algorithm, { alg: algorithm, typ: 'at+jwt', kid, ...header }, goodClaims(account), key);

  it('are verified by another library, with the thumbprint of the key for its name (RFC 7638)', async () => {
    const { protectedHeader, payload } = await jwtVerify(account.token, pair.publicKey, {
      issuer: 'promptstack-auth',
      subject: account.email,
      typ: 'at+jwt',
      algorithms: [algorithm],
      requiredClaims: ['jti', 'iat', 'exp', 'uid'],
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid });
    expect(Object.keys(payload).sort()).toEqual([
      ...['amr', 'auth_time', 'client_id', 'email_verified', 'exp'],
      ...['iat', 'iss', 'jti', 'sid', 'sub', 'token_use', 'uid'],
    ]);
  });

  it('are accepted, also when made elsewhere with the same key', async () => {
    await expectAccepted(service, account.token, account);
    await expectAccepted(service, forge(), account);
  });

  it('R2: are refused when HMAC-signed with the public key', async () => {
    const jwk = JSON.stringify(pair.publicKey.export({ format: 'jwk' }));
    const der = pair.publicKey.export({ type: 'spki', format: 'der' });
    for (const secret of [pair.publicPem, pair.publicPem.trim(), jwk, der]) {
      for (const alg of ['HS256', algorithm]) {
        await expectRefused(service, signHs256({ alg, typ: 'at+jwt', kid }, goodClaims(account), secret));
      }
    }
  });

  it('R2: are refused when signed with the HS256 secret that is configured beside the key', () =>
    expectRefused(service, signHs256({ alg: 'HS256', typ: 'at+jwt' }, goodClaims(account), TEST_SECRET)));

  it('R1, J31: are refused when signed with a key of another', () =>
    expectRefused(service, forge({}, stranger.privateKey)));

  it.each([undefined, null, '', 'other', 5, true, {}, [], '__proto__', 'constructor', '../../dev/null'])(
    'J4: are refused with kid %j',
    (wrong) => expectRefused(service, forge({ kid: wrong })),
  );

  it('J4: are refused with the kid in a list, in another letter case and of another key', async () => {
    const foreign = await calculateJwkThumbprint(stranger.publicKey.export({ format: 'jwk' }));
    for (const wrong of [[kid], swapCase(kid), `${kid} `, foreign])
      await expectRefused(service, forge({ kid: wrong }));
  });

  it('J1: are refused with alg none', async () => {
    const token = forge({ alg: 'none' });
    await expectRefused(service, token);
    await expectRefused(service, token.slice(0, token.lastIndexOf('.') + 1));
  });

  it.each(['HS256', 'HS384', 'RS384', 'RS512', 'PS256', 'ES384', 'ES512', 'EdDSA', algorithm.toLowerCase()])(
    'J3: are refused with %s in the header',
    (alg) => expectRefused(service, forge({ alg })),
  );

  it('J13: are refused with a signature of another length or form', async () => {
    const input = forge().split('.').slice(0, 2).join('.');
    const signature = Buffer.from(forge().split('.')[2] ?? '', 'base64url');
    const others = [
      signature.subarray(0, 1),
      signature.subarray(0, -1),
      signature.subarray(0, 32),
      Buffer.concat([signature, signature]),
      Buffer.concat([signature, Buffer.from([0])]),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 0xff),
    ];
    for (const other of others) await expectRefused(service, `${input}.${encode(other)}`);
    await expectRefused(service, `${input}.`);
  });

  it('J5: are refused with the key of the signer inside', async () => {
    const jwk = stranger.publicKey.export({ format: 'jwk' });
    await expectRefused(service, forge({ jwk }, stranger.privateKey));
    await expectRefused(service, forge({ jwk, kid: undefined }, stranger.privateKey));
  });

  it('carry nothing of the private key', () => {
    const { header, claims } = decode(account.token);
    expect(JSON.stringify({ header, claims })).not.toContain(
      String(pair.privateKey.export({ format: 'jwk' }).d),
    );
  });
});

function swapCase(text: string): string {
  return [...text]
    .map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()))
    .join('');
}
