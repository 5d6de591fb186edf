import { anIdentity } from '../../../test/support/unit/callers';
import { answers, Journal, refusalOf, refuses, type Plan } from '../../../test/support/unit/journal';
import { toUserAnswer } from '../../identity/snapshots/user-answer';
import type { TokenValidationService } from '../token-validation.service';
import { VerifyService, type Query } from './verify.service';

const [ENGINEERING, CLOSED] = [
  '0f7e9b1a-1111-4222-8333-444455556666',
  '0f7e9b1a-1111-4222-8333-444455557777',
];
const ADA = anIdentity({
  name: 'Zoë',
  teams: [
    { id: ENGINEERING, name: 'Engineering', externalRef: null, isActive: true, role: 'owner' },
    { id: CLOSED, name: 'Closed', externalRef: null, isActive: false, role: 'owner' },
  ],
  effectiveDomains: [{ id: 'd', key: 'design' }],
});

function verify(query: Query, plan: Plan<TokenValidationService> = {}, token: string | undefined = 't') {
  const journal = new Journal();
  const service = new VerifyService(
    journal.fake<TokenValidationService>('tokens', {
      authenticate: answers(toUserAnswer(ADA, 'local-jwt')),
      ...plan,
    }),
  );
  return { journal, answer: service.verify(token, query) };
}

describe('VerifyService', () => {
  it('tells the service behind the gateway whose request it is, without inactive teams', async () => {
    expect(Object.fromEntries(await verify({}).answer)).toEqual({
      'X-Auth-User-Id': 'ada',
      'X-Auth-Email': 'ada@example.com',
      'X-Auth-Name': "UTF-8''Zo%C3%AB",
      'X-Auth-Role': 'user',
      'X-Auth-Teams': ENGINEERING,
      'X-Auth-Domains': 'design',
    });
  });

  it.each<[string, Query]>([
    ['team', { team: ENGINEERING }],
    ['team, in capital letters', { team: ENGINEERING.toUpperCase() }],
    ['domain', { domain: 'design' }],
    ['role', { role: 'user' }],
    ['all three', { team: ENGINEERING, domain: 'design', role: 'user' }],
  ])('lets a user through who has the %s', async (_what, query) => {
    await expect(verify(query).answer).resolves.toHaveLength(6);
  });

  it('lets an administrator through where a user may pass', async () => {
    const admin = toUserAnswer(anIdentity({ role: 'admin' }), 'local-jwt');
    await expect(verify({ role: 'user' }, { authenticate: answers(admin) }).answer).resolves.toHaveLength(6);
  });

  it.each<[string, Query]>([
    ['an inactive team', { team: CLOSED }],
    ['a team of others', { team: CLOSED.replace('7777', '8888') }],
    ['a domain of others', { domain: 'sales' }],
    ['a domain in other letters', { domain: 'Design' }],
    ['the role of administrators', { role: 'admin' }],
    ['one of three', { team: ENGINEERING, domain: 'sales', role: 'user' }],
  ])('refuses with forbidden a user who lacks %s', async (_what, query) => {
    expect((await refusalOf(verify(query).answer)).code).toBe('forbidden');
  });

  it.each<[string, Query, string]>([
    ['an empty team', { team: '' }, '#/team'],
    ['a team by name', { team: 'Engineering' }, '#/team'],
    ['a repeated one', { team: [ENGINEERING, ENGINEERING] }, '#/team'],
    ['an empty domain', { domain: '' }, '#/domain'],
    ['another role', { role: 'owner' }, '#/role'],
    ['a requirement that there is not', { scope: 'x' }, '#'],
    ['one that objects have', { constructor: 'x' }, '#'],
  ])('refuses %s before it looks at the token', async (_what, query, pointer) => {
    const { journal, answer } = verify(query);
    expect(await refusalOf(answer)).toMatchObject({ code: 'invalid-input', faults: [{ pointer }] });
    expect(journal.acts).toEqual([]);
  });

  it('R47 asks for authentication where there is no token, whatever is required', async () => {
    const journal = new Journal();
    const service = new VerifyService(journal.fake<TokenValidationService>('tokens'));
    const refusal = await refusalOf(service.verify(undefined, { role: 'admin' }));
    expect(refusal.code).toBe('authentication-required');
  });

  it('D8 passes a refused token and an outage on as what they are', async () => {
    const refused = verify({ role: 'admin' }, { authenticate: refuses('invalid-token') });
    expect((await refusalOf(refused.answer)).code).toBe('invalid-token');
    const outage = verify({ role: 'admin' }, { authenticate: refuses('service-unavailable') });
    expect((await refusalOf(outage.answer)).code).toBe('service-unavailable');
  });
});
