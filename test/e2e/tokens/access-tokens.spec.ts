import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { register, type Account } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectAccepted, expectRefused, REFUSAL } from '../../support/tokens/token-outcome';
import { expectProblem } from '../../support/http/problem';
import { logOf, TEST_SECRET } from '../../support/process/service';
import {
  encode,
  forge,
  GOOD_HEADER,
  goodClaims,
  makeKeyPair,
  signHmac,
  signHs256,
  signWithKey,
} from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

type Make = (account: Account) => string;

describe('signatures and headers of access tokens (HS256)', () => {
  const attacker = makeKeyPair('RS256');
  let account: Account;
  let canary: Server;
  let canaryHits = 0;
  let canaryUrl: string;
  const service = useService();

  beforeAll(async () => {
    account = await register(service);
    canary = createServer((_request, response) => {
      canaryHits++;
      response.end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
    canaryUrl = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/keys`;
  });

  afterAll(() => {
    canary.close();
  });

  const unsigned = (token: string) => token.slice(0, token.lastIndexOf('.') + 1);

  describe.each(['none', 'None', 'NONE', 'nOnE', '', null, [], ['HS256'], {}, undefined, 5, true])(
    'J1, R1, R2: alg %j',
    (alg) => {
      it('refuses it with the signature kept', () =>
        expectRefused(service, forge(account, { header: { alg } })));
      it('refuses it with the signature left out', () =>
        expectRefused(service, unsigned(forge(account, { header: { alg } }))));
    },
  );

  it.each<[string, Make]>([
    ['no signature', (who) => unsigned(forge(who))],
    ['a signature of another token', (who) => unsigned(forge(who)) + forge(who).split('.')[2]],
    ['one bit of the claims changed', (who) => alterLetter(forge(who), 1)],
    ['one bit of the header changed', (who) => alterLetter(forge(who), 0)],
    ['one bit of the signature changed', (who) => alterLetter(forge(who), 2)],
    [
      'the claims of another',
      (who) => withPayload(forge(who), { ...goodClaims(who), sub: 'victim@example.com' }),
    ],
    ['an empty secret', (who) => signHs256(GOOD_HEADER, goodClaims(who), '')],
    ['a guessed secret', (who) => signHs256(GOOD_HEADER, goodClaims(who), 'secret')],
    [
      'J31: a secret of before, not listed',
      (who) => signHs256(GOOD_HEADER, goodClaims(who), `${TEST_SECRET}-old`),
    ],
    ['J3: RS256 over the right HMAC', (who) => forge(who, { header: { alg: 'RS256' } })],
    [
      'J3: RS256 by a key of ours not',
      (who) => signWithKey('RS256', { ...GOOD_HEADER, alg: 'RS256' }, goodClaims(who), attacker.privateKey),
    ],
    [
      'J3: PS256',
      (who) => signWithKey('PS256', { ...GOOD_HEADER, alg: 'PS256' }, goodClaims(who), attacker.privateKey),
    ],
    [
      'J3: HS384 of the right secret',
      (who) => signHmac('sha384', { ...GOOD_HEADER, alg: 'HS384' }, goodClaims(who)),
    ],
    [
      'J3: HS512 of the right secret',
      (who) => signHmac('sha512', { ...GOOD_HEADER, alg: 'HS512' }, goodClaims(who)),
    ],
    ['J3: HS256 in the header, HMAC-SHA-512', (who) => signHmac('sha512', GOOD_HEADER, goodClaims(who))],
    ['J3: hs256 in lower case', (who) => forge(who, { header: { alg: 'hs256' } })],
  ])('R1, R2: refuses %s', (_case, make) => expectRefused(service, make(account)));

  it.each([
    '../../../../dev/null',
    'file:///etc/hostname',
    "x' UNION SELECT 'k'--",
    '',
    'x'.repeat(5000),
    5,
    [],
    ['x'],
    {},
    null,
    true,
    '__proto__',
    'constructor',
    'toString',
    'a\u0000b',
    'a\r\nb: c',
  ])('J4, R5: refuses kid %.40j', async (kid) => {
    await expectRefused(service, forge(account, { header: { kid } }));
    await expectRefused(service, signHs256({ ...GOOD_HEADER, kid }, goodClaims(account), ''));
  });

  it('J4: refuses a kid of 1 MB before it is parsed', async () => {
    const token = forge(account, { header: { kid: 'k'.repeat(1_000_000) } });
    expectProblem(await send(service, 'POST', '/auth/validate', { body: { token } }), 'body-too-large');
  });

  it('J5, R3: refuses keys that a token brings along or points to, and fetches nothing', async () => {
    const jwk = attacker.publicKey.export({ format: 'jwk' });
    const headers = [
      { jku: canaryUrl },
      { x5u: canaryUrl },
      { jku: canaryUrl, kid: 'attacker' },
      { jwk },
      { x5c: [jwk.n] },
      { jwk: { kty: 'oct', k: encode('attacker') } },
    ];
    for (const header of headers) {
      const rsa = { ...GOOD_HEADER, ...header, alg: 'RS256' };
      await expectRefused(service, signWithKey('RS256', rsa, goodClaims(account), attacker.privateKey));
      await expectRefused(service, signHs256({ ...GOOD_HEADER, ...header }, goodClaims(account), 'attacker'));
    }
    expect(canaryHits).toBe(0);
  });

  it('J5, R3: lets jku and jwk change nothing in a token of ours', async () => {
    await expectAccepted(
      service,
      forge(account, { header: { jku: canaryUrl, jwk: {}, x5u: canaryUrl } }),
      account,
    );
    expect(canaryHits).toBe(0);
  });

  it.each([
    ['crit of an unknown extension', { crit: ['x'], x: 1 }],
    ['an empty crit', { crit: [] }],
    ['crit naming exp', { crit: ['exp'], exp: 1 }],
    ['crit that is no list', { crit: 'b64' }],
    ['the unencoded payload', { crit: ['b64'], b64: false }],
    ['b64 without crit', { b64: false }],
    ['b64 that is true', { crit: ['b64'], b64: true }],
  ])('R6: refuses %s', (_case, header) => expectRefused(service, forge(account, { header })));

  it.each([
    'JWT',
    'JWE',
    'refresh+jwt',
    'logout+jwt',
    'secevent+jwt',
    'AT+JWT ',
    '',
    5,
    null,
    ['at+jwt'],
    undefined,
  ])('J11, R10: refuses typ %j', (typ) => expectRefused(service, forge(account, { header: { typ } })));

  it('R14: answers an expired token with a bad signature as any other', async () => {
    const expired = forge(account, { claims: { exp: 1, iat: 0 } });
    const answers = [expired, alterLetter(expired, 2), 'x'].map((token) =>
      send(service, 'POST', '/auth/validate', { body: { token } }),
    );
    for (const { text } of await Promise.all(answers)) expect(JSON.parse(text)).toEqual(REFUSAL);
  });

  it('R62: writes no token to the log', async () => {
    const { headers } = await send(service, 'POST', '/auth/validate', {
      body: { token: forge(account, { claims: { exp: 1 } }) },
    });
    await logOf(service, headers);
    expect(service.output()).not.toContain(encode(GOOD_HEADER));
  });
});

/** Replaces the fifth letter of one part. */
function alterLetter(token: string, part: number): string {
  const parts = token.split('.');
  const text = parts[part] ?? '';
  parts[part] = `${text.slice(0, 4)}${text[4] === 'A' ? 'B' : 'A'}${text.slice(5)}`;
  return parts.join('.');
}

function withPayload(token: string, payload: unknown): string {
  const [header, , signature] = token.split('.');
  return `${header}.${encode(payload)}.${signature}`;
}
