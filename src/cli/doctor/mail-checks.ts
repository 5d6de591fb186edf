import type { MailConfig } from '../../config/mail.config';
import type { DatabaseDiagnosis } from '../../database/database-diagnosis';
import { MailFault } from '../../mail/mail-transport';
import { QUEUE_STATE, type QueueState } from '../../mail/mails.repository';
import { SmtpTransport } from '../../mail/smtp-transport';
import { fail, ok, warn, type Check } from './check';

const PAGE = 'docs/operate/mail.md';
/** A mail goes within seconds. */
const LATE_SECONDS = 300;

/** How many mails wait, since when the oldest, and the last error; nothing where the role or the schema lacks what it takes. */
export async function checkMailQueue(diagnosis: DatabaseDiagnosis): Promise<Check[]> {
  const [there] = await diagnosis.query<{ readable: boolean }>(
    `SELECT coalesce(has_table_privilege(to_regclass('mails'), 'SELECT'), false) AS readable`,
  );
  const [state] = there?.readable ? await diagnosis.query<QueueState>(QUEUE_STATE.text) : [];
  return state ? [queueCheck(state)] : [];
}

function queueCheck({ waiting, oldestSeconds, lastError }: QueueState): Check {
  const id = 'mail-queue';
  if (waiting === 0) return ok(id, 'no mail waits');
  const counted = waiting === 1 ? '1 mail waits' : `${waiting} mails wait`;
  const error = lastError === null ? '' : `; the last error: ${lastError}`;
  const detail = `${counted}, the oldest for ${Math.round(oldestSeconds)} s${error}`;
  const isLate = lastError !== null || oldestSeconds > LATE_SECONDS;
  return isLate
    ? warn(id, detail, `look at mail-server, and at ${PAGE}#when-nothing-arrives`)
    : ok(id, detail);
}

/** Whether the mail server takes the service: connection, TLS and sign-in; no mail goes. */
export async function checkMailServer(config: MailConfig): Promise<Check> {
  const id = 'mail-server';
  if (config.delivery === 'files') return ok(id, 'none is configured: mails are files in .data/mail/');
  if (config.delivery === 'none') return ok(id, 'none is configured: nothing is sent');
  const transport = new SmtpTransport(config);
  try {
    await transport.check();
    const signedIn = config.server?.credentials ? ', and the sign-in' : '';
    return ok(id, `takes connections${signedIn}`);
  } catch (error) {
    if (!(error instanceof MailFault)) throw error;
    return fail(id, error.message, `correct AUTH_SMTP_URL, or the server: ${PAGE}#when-nothing-arrives`);
  } finally {
    transport.close();
  }
}
