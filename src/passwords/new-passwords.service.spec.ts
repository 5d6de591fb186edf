import { anIdentity } from '../../test/support/unit/callers';
import { answers, done, Journal, refusalOf } from '../../test/support/unit/journal';
import type { Outbox } from '../mail/outbox.service';
import type { UsersService } from '../users/users.service';
import { NewPasswordsService } from './new-passwords.service';
import type { PasswordHasher } from './password-hasher';
import type { PasswordPolicy } from './password-policy';

function serviceOf({ refusal, version }: { refusal?: string; version?: number } = {}) {
  const journal = new Journal();
  const service = new NewPasswordsService(
    journal.fake<PasswordPolicy>('policy', { refusal: () => refusal }),
    journal.fake<PasswordHasher>('hasher', { hash: answers('the hash') }),
    journal.fake<UsersService>('users', { changePassword: answers(version) }),
    journal.fake<Outbox>('outbox', { notify: done }),
  );
  return { journal, service };
}

describe('NewPasswordsService', () => {
  it('R37 P7 names the field and the reason of a refused password, and does not hash it', async () => {
    const { journal, service } = serviceOf({ refusal: 'is too common' });
    const refusal = await refusalOf(service.hash('password', anIdentity(), '#/new_password'));
    expect(refusal).toMatchObject({
      code: 'invalid-input',
      faults: [{ pointer: '#/new_password', detail: 'is too common' }],
    });
    expect(journal.acts).toEqual(['policy.refusal']);
  });

  it('hashes the password as it was typed', async () => {
    const { journal, service } = serviceOf();
    expect(await service.hash(' Correct Horse ', anIdentity(), '#/password')).toBe('the hash');
    expect(journal.given('hasher.hash')).toEqual([[' Correct Horse ']]);
  });

  const checked = { identity: anIdentity(), credentialsVersion: 3 };

  it('R93 tells the user of a changed password in the same transaction', async () => {
    const { journal, service } = serviceOf({ version: 4 });
    expect(await service.store(checked, 'the hash', journal.manager)).toBe(4);
    expect(journal.given('users.changePassword')).toEqual([
      [{ userId: 'ada', credentialsVersion: 3 }, 'the hash'],
    ]);
    expect(journal.given('outbox.notify')).toEqual([
      ['password-changed', { userId: 'ada', address: 'ada@example.com' }],
    ]);
  });

  it('tells nobody when the credentials have changed since the check: nothing was stored', async () => {
    const { journal, service } = serviceOf();
    expect(await service.store(checked, 'the hash', journal.manager)).toBeUndefined();
    expect(journal.acts).toEqual(['users.changePassword']);
  });
});
