import type { DueMail } from '../../../src/mail/mails.repository';

/** A mail whose turn it is: by default a request for the reset of Ada's password that came just now. */
export const aDueMail = (facts: Partial<DueMail> = {}): DueMail => ({
  id: 'm',
  kind: 'password-reset',
  userId: null,
  address: 'ada@example.com',
  facts: {},
  source: '192.0.2.1',
  isBounded: true,
  codeSeed: null,
  codeHash: null,
  createdAt: new Date(),
  isPrepared: false,
  attempts: 1,
  isTooOld: false,
  name: 'Ada',
  ...facts,
});
