import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf, refuses, type Plan } from '../../test/support/unit/journal';
import type { PasswordEnrolmentService } from '../auth/password-enrolment.service';
import type { EmailChangeService } from '../recovery/email-change.service';
import type { EmailUndoService } from '../recovery/email-undo.service';
import type { EmailVerificationService } from '../recovery/email-verification.service';
import type { PasswordResetService } from '../recovery/password-reset.service';
import type { PageName } from './account-page';
import { AccountPagesService } from './account-pages.service';

const PAIR = { identity: anIdentity(), refreshToken: 'psr_secret' };

function act(
  page: PageName,
  {
    change = answers({}),
    undo = done,
  }: { change?: Plan<EmailChangeService>['change']; undo?: () => Promise<void> } = {},
) {
  const journal = new Journal();
  const service = new AccountPagesService(
    journal.fake<EmailVerificationService>('verification', { verify: answers(PAIR) }),
    journal.fake<PasswordResetService>('resets', { reset: answers(PAIR) }),
    journal.fake<PasswordEnrolmentService>('enrolment', { activate: answers(PAIR) }),
    journal.fake<EmailChangeService>('changes', { change }),
    journal.fake<EmailUndoService>('undoing', { undo }),
  );
  return { journal, answer: service.act(page, { code: 'c', password: 'correct horse' }) };
}

describe('AccountPagesService', () => {
  it.each<[PageName, string, unknown[]]>([
    ['verify', 'verification.verify', ['c']],
    ['reset', 'resets.reset', ['c', 'correct horse']],
    ['activate', 'enrolment.activate', ['c', 'correct horse']],
  ])('does on the page %s what the API does, and shows no token', async (page, call, given) => {
    const { journal, answer } = act(page);
    expect(JSON.stringify(await answer)).not.toContain('psr_secret');
    expect(journal.given(call)).toEqual([given]);
  });

  it('changes the address by a code of the new one, and undoes nothing', async () => {
    const { journal, answer } = act('email');
    expect((await answer).title).toBe('Address changed');
    expect(journal.acts).toEqual(['changes.change']);
  });

  it('takes a code that changes nothing for one that undoes', async () => {
    const { journal, answer } = act('email', { change: refuses('code-invalid') });
    expect((await answer).title).toBe('Change undone');
    expect(journal.acts).toEqual(['changes.change', 'undoing.undo']);
  });

  it('refuses a code that does neither', async () => {
    const no = refuses('code-invalid');
    expect((await refusalOf(act('email', { change: no, undo: no }).answer)).code).toBe('code-invalid');
  });

  it('undoes nothing after an outage of the change: the code may be good', async () => {
    const { journal, answer } = act('email', { change: refuses('service-unavailable') });
    expect((await refusalOf(answer)).code).toBe('service-unavailable');
    expect(journal.acts).not.toContain('undoing.undo');
  });
});
