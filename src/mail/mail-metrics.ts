import { counter, gauge } from '../common/metrics/instruments';

/** `outcome`: `sent`, `deferred` (tried again later), `given-up`. */
export const MAILS = counter('auth_mails_total', 'Attempts to send a mail, by what came of them', [
  'outcome',
]);

/** These three are of the database, so the same at every process. */
export const QUEUE = gauge('auth_mail_queue', 'Mails that wait to be sent, or to be tried again', []);
export const QUEUE_OLDEST = gauge(
  'auth_mail_queue_oldest_seconds',
  'Age of the oldest mail that waits; 0 when none does',
  [],
);
/** `reason`: one of the sentences of `MailFault`. */
export const QUEUE_LAST_ERROR = gauge(
  'auth_mail_queue_last_error_info',
  'Why a mail that waits could not be sent the last time',
  ['reason'],
);
