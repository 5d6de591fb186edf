import { answers, Journal } from '../../test/support/unit/journal';
import { SessionConfig } from '../config/session.config';
import type { JobsService } from '../jobs/jobs.service';
import type { EndedProviderTokensRepository } from './ended-provider-tokens.repository';
import type { ExpiredSessionsRepository } from './expired-sessions.repository';
import { SessionCleanupService } from './session-cleanup.service';

const FULL = 500;

function serviceOf({ ids = ['s'], tokens = 0, sessions = 1, providerTokens = 0 } = {}) {
  const journal = new Journal();
  const service = new SessionCleanupService(
    journal.fake<JobsService>('jobs'),
    journal.fake<ExpiredSessionsRepository>('sessions', {
      findExpired: answers(ids),
      deleteConsumedTokens: answers(tokens),
      delete: answers(sessions),
    }),
    journal.fake<EndedProviderTokensRepository>('ended', { deleteExpired: answers(providerTokens) }),
    new SessionConfig({
      graceSeconds: 10,
      refreshTokenKeys: [],
      idleDays: 7,
      maxDays: 30,
      cleanupIntervalSeconds: 60,
    }),
  );
  return { journal, service, logged: jest.spyOn(service['logger'], 'log').mockReturnValue(undefined) };
}

describe('SessionCleanupService', () => {
  it('R69 deletes a session only after the last of its consumed tokens', async () => {
    const { journal, service } = serviceOf({ tokens: FULL });
    expect(await service.step(journal.manager)).toBe(true);
    expect(journal.acts).not.toContain('sessions.delete');
    const last = serviceOf({ tokens: FULL - 1 });
    expect(await last.service.step(last.journal.manager)).toBe(false);
    expect(last.journal.acts.slice(-2)).toEqual(['sessions.deleteConsumedTokens', 'sessions.delete']);
  });

  it('R69 asks for another step while one table had a full batch', async () => {
    const { journal, service } = serviceOf({ ids: [], providerTokens: FULL });
    expect(await service.step(journal.manager)).toBe(true);
    expect(journal.acts).toEqual(['ended.deleteExpired', 'sessions.findExpired']);
  });

  it('tells once a run what was deleted in all of its steps, and nothing of a run without any', async () => {
    const { journal, service, logged } = serviceOf({ tokens: 3, sessions: 1, providerTokens: 2 });
    await service.step(journal.manager);
    await service.step(journal.manager);
    service.runEnded();
    service.runEnded();
    expect(logged.mock.calls).toEqual([
      [expect.objectContaining({ sessions: 2, tokens: 6, provider_tokens: 4 })],
    ]);
  });
});
