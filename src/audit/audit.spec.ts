import { Logger } from '@nestjs/common';
import { onBehalfOf, RequestScope } from '../common/request-scope';
import { Audit } from './audit';
import { auditEvent, type AuditFacts } from './audit-event';

const MADE = auditEvent<AuditFacts & { readonly count: number }>('test.made', 'success');
const PROVEN = auditEvent<AuditFacts & { readonly count: number }>('test.proven', 'success', {
  isByUser: true,
});
const REFUSED = auditEvent<AuditFacts>('test.refused', 'denied');

describe('the audit', () => {
  let lines: { level: string; entry: Record<string, unknown> }[];

  beforeEach(() => {
    lines = [];
    for (const level of ['log', 'warn'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((...[entry]) => {
        lines.push({ level, entry: entry as Record<string, unknown> });
      });
    }
  });

  afterEach(() => jest.restoreAllMocks());

  /** A request, by a caller that the guard has found or by none. */
  function scopeOf(id: string | undefined): RequestScope {
    const origin = { ipAddress: '203.0.113.7', userAgent: 'a browser' };
    const caller = id === undefined ? undefined : { kind: 'user', id };
    return { caller, origin } as unknown as RequestScope;
  }

  it('writes one marked line with outcome and facts, at the level of the outcome (R61)', async () => {
    await new Audit().record(MADE, { user_id: 'ada', count: 2 });
    await new Audit().record(REFUSED, {});
    expect(lines).toEqual([
      {
        level: 'log',
        entry: {
          msg: 'test.made',
          audit: true,
          outcome: 'success',
          actor: null,
          source: null,
          user_id: 'ada',
          count: 2,
        },
      },
      {
        level: 'warn',
        entry: { msg: 'test.refused', audit: true, outcome: 'denied', actor: null, source: null },
      },
    ]);
  });

  it.each([
    ['the caller that the guard has found', 'bob', MADE, 'bob'],
    ['that caller, whoever has proven themselves', 'bob', PROVEN, 'bob'],
    ['the user who has just proven who they are', undefined, PROVEN, 'ada'],
    ['nobody, where nobody is known to act', undefined, MADE, undefined],
  ])('names as actor %s (R83)', async (_what, caller, event, actor) => {
    await onBehalfOf(scopeOf(caller), () => new Audit().record(event, { user_id: 'ada', count: 1 }));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.entry).toMatchObject({
      actor: actor === undefined ? null : { kind: 'user', id: actor },
      source: { ip: '203.0.113.7', user_agent: 'a browser' },
    });
  });

  it('takes no second declaration of an event', () => {
    expect(() => auditEvent('test.made', 'failure')).toThrow('test.made is declared twice');
  });
});
