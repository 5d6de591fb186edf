import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { createLogger, NestLogger } from '../common/logging/logger';
import { normaliseEmail } from '../users/email';
import type { EndReason } from '../sessions/end-reason';
import { parseMoment } from '../common/moment';
import { OperatorEndings } from '../sessions/operator-endings.repository';
import { SESSIONS_ENDED } from '../sessions/session-events';
import { operatorDatabaseUrl, parseCommandLine, runCommand, UsageError } from './command-line';
import { record } from './audit-keys';

const HELP = `npm run sessions -- end --all | --before TIME | --user ADDRESS

Ends sessions at once, on every replica, and says how many. Their tokens are refused from the next request on.
--all           every session; tokens of identity providers that were issued before are refused too
--before TIME   the sessions that were opened before, such as 2026-11-27T09:30:00Z or 2026-11-27 (midnight UTC)
--user ADDRESS  every session of one user; tokens of identity providers as with --all
It works on DATABASE_URL, or else on the development database. Users sign in anew; nothing else is changed.
Without npm, as in the image: node dist/src/cli/sessions.cli.js end --all
`;

/** What to end. */
type Scope = { readonly all: true } | { readonly before: Date } | { readonly user: string };

function parse(args: readonly string[]): Scope | 'help' {
  const { values, positionals } = parseCommandLine(args, {
    all: { type: 'boolean' },
    before: { type: 'string' },
    user: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const [command, ...rest] = positionals;
  if (command !== 'end' || rest.length > 0) throw new UsageError('the command is "end"');
  const { all, before, user } = values;
  if ([all, before, user].filter((value) => value !== undefined).length !== 1) {
    throw new UsageError('give one of --all, --before TIME and --user ADDRESS');
  }
  if (before !== undefined) return { before: requireMoment(before) };
  return user === undefined ? { all: true } : { user: requireAddress(user) };
}

function requireMoment(text: string): Date {
  const moment = parseMoment(text);
  if (!moment)
    throw new UsageError('--before must be a time such as 2026-11-27T09:30:00Z, or a day such as 2026-11-27');
  if (moment.getTime() > Date.now()) throw new UsageError('--before must not be in the future');
  return moment;
}

function requireAddress(text: string): string {
  const email = normaliseEmail(text);
  if (email === undefined) throw new UsageError('--user must be an e-mail address such as name@example.com');
  return email;
}

async function end(scope: Scope): Promise<void> {
  let count = 0;
  let userId: string | undefined;
  const endings = new OperatorEndings(operatorDatabaseUrl(), (ended) => (count += ended));
  try {
    await endings.open();
    if ('all' in scope) await endings.endAll();
    else if ('before' in scope) await endings.endBefore(scope.before);
    else if ((userId = await endings.endOfUser(scope.user)) === undefined) {
      throw new Error('no user has this address');
    }
    await tell(scope, count, userId);
  } catch (error) {
    if (count > 0) await tell(scope, count, userId);
    throw error;
  } finally {
    await endings.close();
  }
}

async function tell(scope: Scope, count: number, userId: string | undefined): Promise<void> {
  const reason: EndReason = 'ended-by-operator';
  await record(SESSIONS_ENDED, {
    reason,
    count,
    ...('before' in scope ? { before: scope.before.toISOString() } : { user_id: userId ?? 'all' }),
  });
  process.stdout.write(`${count} ${count === 1 ? 'session' : 'sessions'} ended\n`);
}

runCommand(async (args) => {
  const scope = parse(args);
  if (scope === 'help') {
    process.stdout.write(HELP);
    return;
  }
  Logger.overrideLogger(new NestLogger(createLogger('info')));
  await end(scope);
});
