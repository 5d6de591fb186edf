import type { CodePurpose } from '../verification/code-purpose';

/** The mails that there are, by the names of their templates. */
export const MAIL_KINDS = [
  // With a code.
  'email-verification',
  'password-reset',
  'activation',
  'email-change',
  'email-changed',
  // Notices: nothing in them acts.
  'registration-attempt',
  'password-changed',
  'password-was-reset',
  'email-change-requested',
  'email-change-undone',
  'new-device',
  'account-changed',
  'account-deleted',
  'key-made',
] as const;

/** The name of a template. */
export type MailKind = (typeof MAIL_KINDS)[number];

/** What a request turns into is found out when it is its turn: `registration` becomes one of two mails. */
export type RequestKind =
  'email-verification' | 'password-reset' | 'activation' | 'email-change' | 'registration';

/** The code in a mail, and the page that takes it. */
export interface CodeInMail {
  readonly purpose: CodePurpose;
  readonly page: 'verify' | 'reset' | 'activate' | 'email';
  readonly lifetime: string;
}

/** Which mails have a code. */
export const CODES_IN_MAILS: Partial<Readonly<Record<MailKind, CodeInMail>>> = {
  'email-verification': { purpose: 'email-verification', page: 'verify', lifetime: '24 hours' },
  'password-reset': { purpose: 'password-reset', page: 'reset', lifetime: '1 hour' },
  activation: { purpose: 'activation', page: 'activate', lifetime: '24 hours' },
  'email-change': { purpose: 'email-change', page: 'email', lifetime: '24 hours' },
  'email-changed': { purpose: 'email-undo', page: 'email', lifetime: '7 days' },
};
