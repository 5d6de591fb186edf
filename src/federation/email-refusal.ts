import { AppError } from '../common/errors/app-error';
import type { EmailFault } from '../identity/external-profile';

/** What the catalogue's sentence does not say. */
const DETAILS: Partial<Record<EmailFault, string>> = {
  'no-address':
    'The token contains no e-mail address. Send the ID token, or ask the operator of the identity provider to put email and email_verified into this token.',
  'userinfo-subject':
    'The identity provider gave the e-mail address of another user than the token names. Sign in again.',
  client:
    'The token was issued to a client (client credentials), not to a user. Send a token of a user who has signed in.',
};

/** The refusal of a first sign-in without a usable address. `reason` in the log tells the causes apart. */
export function emailRefusal(fault: EmailFault): AppError {
  const detail = DETAILS[fault];
  return new AppError('email-not-verified', { reason: fault, ...(detail !== undefined && { detail }) });
}
