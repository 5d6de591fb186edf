import { randomUUID } from 'node:crypto';
import { flushedLogs } from '../../support/process/flushed-logs';
import { bearer, send, type Answer } from '../../support/http/http';
import { expectAccepted, expectRefused } from '../../support/tokens/token-outcome';
import { eventually } from '../../support/process/eventually';
import { me, startOidcService, validate } from '../../support/providers/oidc';
import { register } from '../../support/http/accounts';
import { expectProblem } from '../../support/http/problem';
import { person, ProviderStub, stubKey } from '../../support/providers/provider-stub';
import { isValid, logout } from '../../support/tokens/sessions';
import { startShifted } from '../../support/process/shifted-service';
import { encode, payloadOf } from '../../support/tokens/tokens';
import { useService } from '../../support/process/use-service';

/** The order of the group of ES256 (SEC 2 section 2.4.2). */
const P256_ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const seconds = () => Math.floor(Date.now() / 1000);

describe("POST /auth/logout with a provider's token, at two replicas on one database (R76)", () => {
  const provider = ProviderStub.use();
  provider.keys = [stubKey('RS256'), stubKey('ES256')];
  const options = { provider, mayAnswer5xx: true, env: { AUTH_CLEANUP_INTERVAL_SECONDS: '1' } };
  const first = useService(options);
  const { database } = first;
  const replicas = [first, useService({ ...options, database })] as const;

  const sql = (text: string, ...values: unknown[]) => database.query<Record<string, unknown>>(text, values);

  async function expectLoggedOut(token: string, replica = replicas[0]): Promise<void> {
    const answer = await logout(replica, token);
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 204, text: '' });
  }

  async function expectRefusedEverywhere(token: string): Promise<void> {
    for (const replica of replicas) await expectRefused(replica, token);
  }

  it('answers 204, and that token is over on every replica, within its first second already', async () => {
    for (let round = 0; round < 10; round++) {
      const token = provider.mint();
      await expectAccepted(replicas[round % 2 === 0 ? 0 : 1], token);
      await expectLoggedOut(token);
      await expectRefusedEverywhere(token);
    }
  });

  it("ends no other token of the person, nor anybody else's, and tells the audit", async () => {
    const claims = person();
    const [token, other, stranger] = [claims, { ...claims, jti: randomUUID() }, person()].map((each) =>
      provider.mint(each),
    ) as [string, string, string];
    const { id } = await expectAccepted(replicas[0], token);
    await expectAccepted(replicas[0], stranger);
    await expectLoggedOut(token);
    await expectLoggedOut(token, replicas[1]);
    await expectAccepted(replicas[1], other, { id });
    await expectAccepted(replicas[1], stranger);
    const logs = (await Promise.all(replicas.map(flushedLogs))).flat();
    const told = logs.filter(({ msg, user_id }) => msg === 'auth.provider-token.ended' && user_id === id);
    expect(told).toMatchObject([{ audit: true, issuer: provider.issuer }]);
  });

  it.each([1, 20, 29])('holds for a token of a provider whose clock is %d s ahead', async (ahead) => {
    const token = provider.mint({ iat: seconds() + ahead });
    await expectAccepted(replicas[0], token);
    await expectLoggedOut(token);
    await expectRefusedEverywhere(token);
  });

  it('holds for a token that is of a time to come: also once that has come', async () => {
    const token = provider.mint({ iat: seconds() + 45, nbf: seconds() + 45 });
    await expectRefused(replicas[0], token);
    await expectLoggedOut(token);
    const env = { AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app' };
    const later = await startShifted(database, 60_000, env);
    try {
      await expectRefused(later, token);
      await expectAccepted(later, provider.mint({ iat: seconds() + 46 }));
    } finally {
      await later.stop();
    }
  });

  it('answers 204 to an expired token: it is over', async () => {
    await expectLoggedOut(provider.mint({ iat: seconds() - 7200, exp: seconds() - 3600 }));
  });

  it('ends a token that was never seen here; it makes no account', async () => {
    const claims = person();
    const token = provider.mint(claims);
    await expectLoggedOut(token);
    await expectRefusedEverywhere(token);
    expect(await sql('SELECT FROM users WHERE email = $1', claims.email)).toEqual([]);
    await expectAccepted(replicas[1], provider.mint({ ...claims, jti: randomUUID() }));
  });

  it('ends a token however its signature is spelt (R19)', async () => {
    const token = provider.mint({}, { key: provider.keys[1] });
    const other = withOtherSignature(token);
    await expectAccepted(replicas[0], other);
    await expectLoggedOut(token);
    for (const spelling of [token, other]) await expectRefusedEverywhere(spelling);
  });

  it('ends it together with the session of a refresh token', async () => {
    const [account, token] = [await register(replicas[0]), provider.mint()];
    const body = { refresh_token: account.refreshToken };
    const answer = await send(replicas[0], 'POST', '/auth/logout', { body, headers: bearer(token) });
    expect(answer.status).toBe(204);
    expect(await isValid(replicas[1], account.token)).toBe(false);
    await expectRefusedEverywhere(token);
  });

  it('lets no check win over it: after the 204 no replica takes the token (I1)', async () => {
    for (let round = 0; round < 20; round++) {
      const token = provider.mint();
      const before = Array.from({ length: 6 }, (_none, n) => me(replicas[n % 2 === 0 ? 0 : 1], token));
      await Promise.all([logout(replicas[0], token), logout(replicas[1], token)]);
      const after = await Promise.all(replicas.map((replica) => validate(replica, token)));
      expect(after.map(({ body }) => body.valid)).toEqual([false, false]);
      for (const { status } of await Promise.all(before)) expect([200, 401]).toContain(status);
    }
  });

  it.each([
    [
      'altered',
      (token: string) => token.replace(/\.[^.]+\./, `.${encode({ ...payloadOf(token), sub: 'x' })}.`),
    ],
    ['for another audience', () => provider.mint({ aud: 'other' })],
    ['without an end', () => provider.mint({ exp: undefined })],
    ['of a time that is none', () => provider.mint({ iat: 'now' })],
    ['a logout token (R10)', () => provider.mint({ events: {} })],
  ])('answers 401 to a token that is %s, and ends nothing', async (_what, spoil) => {
    const token = provider.mint();
    expectProblem(await logout(replicas[0], spoil(token)), 'invalid-token');
    await expectAccepted(replicas[1], token);
  });

  it('answers 401 with a bare challenge without any credential (R47)', async () => {
    const answer = await send(replicas[0], 'POST', '/auth/logout');
    expectProblem(answer, 'authentication-required');
    expect(answer.headers.get('www-authenticate')).not.toContain('error=');
  });

  it.each([8.64e12, 1e300])('ends a token that is good until the second %d', async (exp) => {
    const token = provider.mint({ exp });
    await expectAccepted(replicas[0], token);
    await expectLoggedOut(token);
    await expectRefusedEverywhere(token);
  });

  it('keeps at most 100 of one person: beyond, all their tokens up to the youngest of those end', async () => {
    const claims = person();
    const mint = (iat: number) => provider.mint({ ...claims, iat, jti: randomUUID() });
    const start = seconds() - 300;
    const { id } = await expectAccepted(replicas[0], mint(start));
    const [older, newer] = [mint(start + 10), mint(start + 200)];
    const tokens = Array.from({ length: 101 }, (_none, n) => mint(start + 50 + n));
    const keep = async () =>
      (
        await sql('SELECT count(*)::int AS kept FROM ended_provider_tokens WHERE subject = $1', claims.sub)
      )[0];
    for (const token of tokens.slice(0, 100)) await expectLoggedOut(token);
    expect(await keep()).toEqual({ kept: 100 });
    await expectAccepted(replicas[1], older, { id });
    await expectLoggedOut(tokens[100] ?? '');
    expect(await keep()).toEqual({ kept: 0 });
    for (const token of [...tokens.slice(-3), older]) await expectRefusedEverywhere(token);
    await expectAccepted(replicas[1], newer, { id });
  });

  it('answers 503 beyond 100 of somebody without an account here: they cannot fill the database', async () => {
    const claims = person();
    const answers: Answer[] = [];
    for (let n = 0; n < 101; n++)
      answers.push(await logout(replicas[0], provider.mint({ ...claims, jti: n })));
    expect(answers.slice(0, 100).every(({ status }) => status === 204)).toBe(true);
    expectProblem(answers[100] as Answer, 'overloaded');
  });

  it('forgets a token a day after it has expired, not sooner (R69)', async () => {
    const [old, late] = [provider.mint(), provider.mint()];
    await expectLoggedOut(old);
    await expectLoggedOut(late);
    const expire = (token: string, ago: string) =>
      sql(
        `UPDATE ended_provider_tokens SET expires_at = now() - $2::interval WHERE subject = $1`,
        payloadOf(token).sub,
        ago,
      );
    const left = (token: string) =>
      sql('SELECT FROM ended_provider_tokens WHERE subject = $1', payloadOf(token).sub);
    await expire(late, '23 hours');
    await expire(old, '25 hours');
    await eventually('the old one is gone', async () => (await left(old)).length === 0 || undefined);
    expect(await left(late)).toHaveLength(1);
  });

  it("answers 503 while the provider's keys are out of reach, and has ended nothing", async () => {
    const dark = await ProviderStub.start();
    const service = await startOidcService(database, dark);
    try {
      dark.mode = 'refuse';
      const token = dark.mint();
      expectProblem(await logout(service, token), 'service-unavailable');
      expect(await sql('SELECT FROM ended_provider_tokens WHERE issuer = $1', dark.issuer)).toEqual([]);
    } finally {
      await service.stop();
      await dark.stop();
    }
  });
});

/** The other spelling of an ECDSA signature (r, s): (r, n - s) is as good. */
function withOtherSignature(token: string): string {
  const [header, payload, signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = P256_ORDER - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const flipped = Buffer.concat([
    bytes.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ]);
  return [header, payload, flipped.toString('base64url')].join('.');
}
