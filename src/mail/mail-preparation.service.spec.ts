import { aLockedUser } from '../../test/support/unit/callers';
import { answers, done, Journal } from '../../test/support/unit/journal';
import { aDueMail } from '../../test/support/unit/mails';
import type { LockedUser } from '../users/users.repository';
import type { UsersService } from '../users/users.service';
import type { CodeState } from '../verification/verification-codes.repository';
import type { VerificationCodes } from '../verification/verification-codes.service';
import { MailPreparation } from './mail-preparation.service';
import type { DueMail, MailsRepository } from './mails.repository';

const HOUR_MS = 3_600_000;
const CODE = { seed: Buffer.from('seed'), hash: Buffer.from('hash') };
const FREE = { addressHour: 0, addressDay: 0, sourceHour: 0 };
const UNPROVEN = { emailVerified: false };
const REGISTRATION = { name: 'Ada L.', password_hash: 'the newest' };

interface Given {
  user?: Partial<LockedUser> | undefined;
  counted?: typeof FREE;
  isTaken?: boolean;
  hasRecent?: boolean;
  state?: CodeState;
}

async function prepare(mail: Partial<DueMail>, given: Given = {}) {
  const { user, counted, isTaken, hasRecent, state } = {
    user: {},
    counted: FREE,
    isTaken: false,
    hasRecent: false,
    state: 'good' as const,
    ...given,
  };
  const locked = user && aLockedUser(user);
  const journal = new Journal();
  const preparation = new MailPreparation(
    journal.fake<MailsRepository>('mails', {
      countBounded: answers(counted),
      hasRecent: answers(hasRecent),
      updatePrepared: done,
      updateGivenUp: done,
      delete: done,
    }),
    journal.fake<UsersService>('users', {
      lockByEmail: answers(locked ? { id: locked.id } : null),
      lockById: answers(locked),
      isAddressTaken: answers(isTaken),
    }),
    journal.fake<VerificationCodes>('codes', { issueForMail: answers(CODE), stateOf: answers(state) }),
    journal.audit(),
  );
  const due = aDueMail(mail);
  const goes = await journal.database().transaction((manager) => preparation.prepare(due, manager));
  return { journal, goes, due, becomes: journal.given('mails.updatePrepared')[0]?.[1] };
}

describe('MailPreparation: who gets a mail', () => {
  it('R90 looks for the user of an address when it is the mail\u2019s turn, and locks them', async () => {
    const { journal, goes, becomes, due } = await prepare({});
    expect(goes).toBe(true);
    expect(journal.acts).toEqual([
      'BEGIN',
      'tx users.lockByEmail',
      'tx users.lockById',
      'tx mails.countBounded',
      'tx codes.issueForMail',
      'tx mails.updatePrepared',
      'COMMIT',
    ]);
    expect(becomes).toEqual({ kind: 'password-reset', userId: 'ada', facts: {}, code: CODE });
    // The code lives from the request on, not from the mail.
    expect(journal.given('codes.issueForMail')).toEqual([
      [
        {
          purpose: 'password-reset',
          address: 'ada@example.com',
          userId: 'ada',
          byMail: true,
          requestedAt: due.createdAt,
        },
      ],
    ]);
  });

  it.each<[string, Partial<DueMail>, Given]>([
    ['nobody has', {}, { user: undefined }],
    ['a user has who is switched off', {}, { user: { isActive: false } }],
    ['its user has changed', { userId: 'ada' }, { user: { email: 'new@example.com' } }],
  ])('sends nothing to an address that %s, and makes no code', async (_what, mail, given) => {
    const { journal, goes } = await prepare(mail, given);
    expect(goes).toBe(false);
    expect(journal.acts.at(-2)).toBe('tx mails.delete');
    expect(journal.acts).not.toContain('tx codes.issueForMail');
  });

  it.each<[string, typeof FREE]>([
    ['3 an hour to an address', { ...FREE, addressHour: 3 }],
    ['10 a day to an address', { ...FREE, addressDay: 10 }],
    ['60 an hour from a source', { ...FREE, sourceHour: 60 }],
  ])('R91 sends no more than %s, and replaces no code beyond', async (_what, counted) => {
    const { journal, goes } = await prepare({}, { counted });
    expect(goes).toBe(false);
    expect(journal.acts).not.toContain('tx codes.issueForMail');
    const last = { addressHour: 2, addressDay: 9, sourceHour: 59 };
    expect((await prepare({}, { counted: last })).goes).toBe(true);
  });

  it('R91 counts nothing for what a user has caused by a code of theirs', async () => {
    const { journal, goes } = await prepare({ isBounded: false });
    expect(goes).toBe(true);
    expect(journal.acts).not.toContain('tx mails.countBounded');
  });
});

describe('MailPreparation: what a request becomes', () => {
  it.each<[string, Partial<DueMail>, Given, object | undefined]>([
    [
      'activation without a password',
      { kind: 'activation' },
      { user: { hasPassword: false } },
      { kind: 'activation' },
    ],
    ['activation with one', { kind: 'activation' }, {}, undefined],
    [
      'proof of an unproven address',
      { kind: 'email-verification' },
      { user: UNPROVEN },
      { kind: 'email-verification' },
    ],
    ['proof of a proven one', { kind: 'email-verification' }, {}, undefined],
    [
      'registration of a proven address',
      { kind: 'registration', facts: REGISTRATION },
      {},
      { kind: 'registration-attempt', facts: {}, code: undefined },
    ],
    ['registration without its password', { kind: 'registration' }, { user: UNPROVEN }, undefined],
  ])('%s', async (_what, mail, given, expected) => {
    const { goes, becomes } = await prepare(mail, given);
    expect(goes).toBe(expected !== undefined);
    if (expected) expect(becomes).toMatchObject(expected);
    else expect(becomes).toBeUndefined();
  });

  it('registration of an unproven address: the newest password waits with the code, and in no mail', async () => {
    const { journal, becomes } = await prepare(
      { kind: 'registration', facts: REGISTRATION },
      { user: UNPROVEN },
    );
    expect(journal.given('codes.issueForMail')[0]?.[0]).toMatchObject({
      purpose: 'email-verification',
      signsIn: true,
      registration: { passwordHash: 'the newest', name: 'Ada L.' },
    });
    expect(becomes).toMatchObject({ kind: 'email-verification', facts: {} });
  });

  it('proof that a sign-in asked for: signs in, keeps the registration, and goes at most every 10 minutes', async () => {
    const mail = { kind: 'email-verification', facts: { signs_in: 'true' } };
    const { journal } = await prepare(mail, { user: UNPROVEN });
    expect(journal.given('codes.issueForMail')[0]?.[0]).toMatchObject({
      signsIn: true,
      keepsRegistration: true,
    });
    expect((await prepare(mail, { user: UNPROVEN, hasRecent: true })).goes).toBe(false);
    const asked = await prepare({ kind: 'email-verification' }, { user: UNPROVEN, hasRecent: true });
    expect(asked.goes).toBe(true); // by the user, who asked for another
  });

  describe('change of address', () => {
    const change = { kind: 'email-change', userId: 'ada', address: 'new@example.com' };

    it('has a code for the new address, and knows the session that asked', async () => {
      const { journal, becomes } = await prepare({ ...change, facts: { session_id: 's' } });
      expect(journal.given('codes.issueForMail')[0]?.[0]).toMatchObject({
        address: 'new@example.com',
        sessionId: 's',
      });
      expect(becomes).toMatchObject({ kind: 'email-change', facts: {} });
    });

    it.each<[string, Given]>([
      ['that somebody else has or may take back', { isTaken: true }],
      ['that is the user\u2019s by now', { user: { email: 'new@example.com' } }],
    ])('R90 sends nothing to an address %s', async (_what, given) => {
      expect((await prepare(change, given)).goes).toBe(false);
    });
  });
});

describe('MailPreparation: mails that waited', () => {
  const prepared = { isPrepared: true, userId: 'ada', codeHash: CODE.hash, codeSeed: CODE.seed };

  it.each<[string, Partial<DueMail>, CodeState, string[]]>([
    ['goes with a code that is good', prepared, 'good', ['tx codes.stateOf']],
    ['goes as a notice, whatever codes there are', { ...prepared, codeHash: null }, 'gone', []],
    [
      'goes no more when its code was used or replaced',
      prepared,
      'gone',
      ['tx codes.stateOf', 'tx mails.delete'],
    ],
    [
      'is given up with an event when its code has expired',
      prepared,
      'expired',
      ['tx codes.stateOf', 'tx mails.updateGivenUp', 'tx audit mail.given-up'],
    ],
  ])('a prepared one %s', async (_what, mail, state, acts) => {
    const { journal, goes } = await prepare(mail, { state });
    expect(goes).toBe(!acts.some((act) => /mails/.test(act)));
    expect(journal.acts).toEqual(['BEGIN', ...acts, 'COMMIT']);
  });

  it.each([
    [59, true],
    [61, false],
  ])(
    'a request for a reset that has waited %i minutes makes a code that lives (%s)',
    async (minutes, goes) => {
      const createdAt = new Date(Date.now() - (minutes / 60) * HOUR_MS);
      const { journal, ...outcome } = await prepare({ createdAt });
      expect(outcome.goes).toBe(goes);
      expect(journal.acts.includes('tx audit mail.given-up')).toBe(!goes);
    },
  );
});
