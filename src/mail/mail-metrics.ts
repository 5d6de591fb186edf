import { counter } from '../common/metrics/instruments';

/** `outcome`: `sent`, `deferred` (tried again later), `given-up`. */
export const MAILS = counter('auth_mails_total', 'Attempts to send a mail, by what came of them', [
  'outcome',
]);
