import { register, type Account } from '../../support/http/accounts';
import { send } from '../../support/http/http';
import { expectProblem } from '../../support/http/problem';
import { useService } from '../../support/process/use-service';
import { REFUSAL } from '../../support/tokens/token-outcome';
import { forge } from '../../support/tokens/tokens';

const BATCH = '/auth/validate/batch';

/** The second address leads through the pipeline of Express. */
describe.each([BATCH, `${BATCH}?`])('POST %s', (path) => {
  const service = useService();
  let accounts: Account[];

  beforeAll(async () => {
    accounts = await Promise.all(Array.from({ length: 5 }, () => register(service)));
  });

  const batch = (body: unknown) => send<{ results: unknown[] }>(service, 'POST', path, { body });
  const one = async (token: string) =>
    (await send(service, 'POST', '/auth/validate', { body: { token } })).body;

  it('answers each token as a single one is, in order; what is no token is not valid in its place', async () => {
    const [first, second] = accounts as [Account, Account];
    const tokens = [
      ...[second.token, '', first.token, 'nonsense', 'ü', second.token],
      ...[forge(first, { claims: { exp: 1_000_000_000 } }), 'a'.repeat(200_000), 'a'.repeat(12_289)],
    ];
    const { status, body } = await batch({ tokens });
    expect(status).toBe(200);
    expect(body.results).toEqual(await Promise.all(tokens.map(one)));
    expect(body.results).toEqual([
      ...[
        await one(second.token),
        REFUSAL,
        await one(first.token),
        REFUSAL,
        REFUSAL,
        await one(second.token),
      ],
      ...[REFUSAL, REFUSAL, REFUSAL],
    ]);
  });

  it.each<[string, unknown]>([
    ['nothing', {}],
    ['null', { tokens: null }],
    ['no token', { tokens: [] }],
    ['101 tokens', { tokens: Array.from({ length: 101 }, () => 'a') }],
    ['a number', { tokens: ['a', 5] }],
    ['a list', { tokens: [['a']] }],
    ['a text', { tokens: 'a' }],
  ])('R51: refuses %s, and names tokens', async (_case, body) => {
    const answer = await batch(body);
    expectProblem(answer, 'invalid-input');
    expect(answer.body).toMatchObject({ errors: [{ pointer: '#/tokens' }] });
  });

  it('takes a body of up to 1 MiB, and no more', async () => {
    const tokens = Array.from({ length: 100 }, () => 'a'.repeat(10_450));
    expect((await batch({ tokens })).body.results).toHaveLength(100);
    expectProblem(await batch({ tokens: [...tokens.slice(1), 'a'.repeat(20_000)] }), 'body-too-large');
  });

  it('R51: keeps to the form of JSON bodies', async () => {
    expectProblem(await batch('{"tokens":["a"],"tokens":["b"]}'), 'malformed-json');
    expectProblem(await batch('{"tokens":["a"]'), 'malformed-json');
    expectProblem(await batch('["a"]'), 'malformed-json');
    expect((await batch({ tokens: ['a'], other: 1 })).status).toBe(200);
  });
});
