import { register, uniqueEmail, type Account } from '../../support/http/accounts';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { decode, forge, GOOD_HEADER, goodClaims, signHs256 } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

const LEEWAY = 30;
/** Seconds that a test may take between the making of a token and its judgement. */
const MARGIN = 15;
const AUDIENCE = 'https://api.promptstack.example';

const now = () => Math.floor(Date.now() / 1000);

describe('claims of access tokens', () => {
  const service = useService();
  const { database } = service;
  const withAudience = useService({ database, env: { AUTH_JWT_AUDIENCE: AUDIENCE } });
  let account: Account;

  beforeAll(async () => {
    account = await register(service);
  });

  it.each<[string, (seconds: number) => Record<string, unknown>]>([
    ['exp a second before the leeway', (at) => ({ exp: at - LEEWAY - 1 })],
    ['exp at the leeway to the second', (at) => ({ exp: at - LEEWAY })],
    ['iat behind the leeway', (at) => ({ iat: at + LEEWAY + MARGIN })],
    ['nbf behind the leeway', (at) => ({ nbf: at + LEEWAY + MARGIN })],
  ])('J10, R8: refuses %s', (_case, change) =>
    expectRefused(service, forge(account, { claims: change(now()) })),
  );

  it.each<[string, (seconds: number) => Record<string, unknown>]>([
    ['exp in a moment', (at) => ({ exp: at + 1 })],
    ['exp within the leeway', (at) => ({ exp: at - LEEWAY + MARGIN })],
    ['exp with a fraction', (at) => ({ exp: at + 0.5 })],
    ['iat within the leeway', (at) => ({ iat: at + LEEWAY })],
    ['nbf within the leeway', (at) => ({ nbf: at + LEEWAY })],
    ['nbf of the past', () => ({ nbf: 0 })],
  ])('J10, R8: accepts %s', (_case, change) =>
    expectAccepted(service, forge(account, { claims: change(now()) }), account),
  );

  describe.each(['exp', 'iat', 'nbf'])('R8: %s', (claim) => {
    it.each(['9999999999', 'Infinity', null, true, {}, [], [9999999999], ''])(
      'refuses the value %j',
      (value) => expectRefused(service, forge(account, { claims: { [claim]: value } })),
    );

    it('refuses a number that no time can be', () => {
      const claims = JSON.stringify({ ...goodClaims(account), [claim]: '?' }).replace('"?"', '1e999');
      return expectRefused(service, signHs256(GOOD_HEADER, claims));
    });
  });

  it.each([null, 5, '', ['promptstack']])('refuses the client_id %j', (client_id) =>
    expectRefused(service, forge(account, { claims: { client_id } })),
  );

  it.each(['iss', 'sub', 'uid', 'jti', 'exp', 'iat'])('refuses a token without %s', async (claim) => {
    await expectRefused(service, forge(account, { claims: { [claim]: undefined } }));
    await expectRefused(service, forge(account, { claims: { [claim]: null } }));
  });

  it.each([
    'promptstack-auth/',
    'Promptstack-auth',
    'promptstack-auth ',
    '',
    'https://idp.example',
    ['promptstack-auth'],
    { toString: 'promptstack-auth' },
    5,
    true,
  ])('R4: refuses the issuer %j', (iss) => expectRefused(service, forge(account, { claims: { iss } })));

  it.each(['', 5, true, [], {}, '\u0000', 'x'.repeat(5000), '%'])('J17, J16: refuses sub %.20j', (sub) =>
    expectRefused(service, forge(account, { claims: { sub } })),
  );

  it('J16: refuses U+0000 and a lone surrogate inside sub', async () => {
    await expectRefused(service, forge(account, { claims: { sub: `${account.email}\0` } }));
    await expectRefused(service, forge(account, { claims: { sub: `${account.email}\ud800` } }));
  });

  it('J17: refuses sub in a list, in another letter case, and with white space', async () => {
    for (const sub of [[account.email], account.email.toUpperCase(), ` ${account.email}`]) {
      await expectRefused(service, forge(account, { claims: { sub } }));
    }
  });

  it.each([
    '',
    5,
    true,
    [],
    {},
    "' OR 1=1--",
    '00000000-0000-0000-0000-000000000000',
    'not-a-uuid',
    '\u0000',
  ])('J17: refuses uid %j', (uid) => expectRefused(service, forge(account, { claims: { uid } })));

  it('J17: refuses other spellings of the uid', async () => {
    for (const uid of [
      [account.id],
      account.id.toUpperCase(),
      `{${account.id}}`,
      account.id.replaceAll('-', ''),
      `${account.id}\n`,
    ]) {
      // Only a spelling that differs is one: an id without letters has no upper case.
      if (uid !== account.id) await expectRefused(service, forge(account, { claims: { uid } }));
    }
  });

  it('refuses the address of one person with the uid of another', async () => {
    const other = await register(service);
    await expectRefused(service, forge({ ...other, email: account.email }));
    await expectRefused(service, forge({ ...account, email: uniqueEmail() }));
  });

  it.each(['', 5, {}, []])('refuses jti %j', (jti) =>
    expectRefused(service, forge(account, { claims: { jti } })),
  );

  it('issues exactly the claims of the contract, each token with a jti of its own', async () => {
    const { header, claims } = decode(account.token);
    expect(header).toEqual(GOOD_HEADER);
    expect(claims).toEqual({
      iss: 'promptstack-auth',
      token_use: 'access',
      client_id: 'promptstack',
      sub: account.email,
      uid: account.id,
      sid: account.sid,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      iat: expect.any(Number),
      exp: Number(claims.iat) + 30 * 60,
      email_verified: false,
      auth_time: expect.any(Number),
      amr: ['pwd'],
    });
    expect(Math.abs(Number(claims.iat) - now())).toBeLessThan(60);
    expect(decode((await register(service)).token).claims.jti).not.toBe(claims.jti);
  });

  describe('R9: with AUTH_JWT_AUDIENCE', () => {
    it('issues the audience', async () => {
      const { token, ...person } = await register(withAudience);
      expect(decode(token).claims.aud).toBe(AUDIENCE);
      await expectAccepted(withAudience, token, person);
    });

    it('accepts the audience among others', () =>
      expectAccepted(withAudience, forge(account, { claims: { aud: ['other', AUDIENCE] } }), account));

    it.each([
      undefined,
      null,
      '',
      'other',
      [],
      ['other'],
      [AUDIENCE, 5],
      { 0: AUDIENCE },
      `${AUDIENCE}/`,
      AUDIENCE.toUpperCase(),
      true,
    ])('refuses the audience %j', (aud) => expectRefused(withAudience, forge(account, { claims: { aud } })));
  });
});
