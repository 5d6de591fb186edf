import 'reflect-metadata';
import { isIP } from 'node:net';
import { sourceNetwork } from '../common/source-network';
import { LOCKOUT_CLEARED } from '../limits/limit-events';
import { OperatorLimits } from '../limits/operator-limits.repository';
import { normaliseEmail } from '../users/email';
import { UsageError, parseCommandLine, runCommand, withDatabase } from './command-line';
import { record } from './audit-keys';

const HELP = `npm run limits -- clear ADDRESS | clear --source IP

clear ADDRESS      forgets the failed guesses at a user's password: the next sign-in need not wait
clear --source IP  forgets the failed checks of passwords and codes from an address (for IPv6: from its /64)

It holds at once, on every replica, and works on DATABASE_URL, or else on the development database.
Without npm, as in the image: node dist/src/cli/limits.cli.js clear ADDRESS
`;

/** Which limit to end. */
type Scope = { readonly email: string } | { readonly source: string };

function parse(args: readonly string[]): Scope | 'help' {
  const { values, positionals } = parseCommandLine(args, {
    source: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const [command, address, ...rest] = positionals;
  const { source } = values;
  if (command !== 'clear' || rest.length > 0 || (address === undefined) === (source === undefined)) {
    throw new UsageError('the command is "clear ADDRESS" or "clear --source IP"');
  }
  if (source !== undefined) {
    if (isIP(source) === 0) throw new UsageError('--source must be an IP address');
    return { source: sourceNetwork(source) };
  }
  const email = normaliseEmail(address ?? '');
  if (email === undefined) throw new UsageError('ADDRESS must be an e-mail address such as name@example.com');
  return { email };
}

async function clear(scope: Scope, limits: OperatorLimits): Promise<string> {
  if ('source' in scope) return (await limits.clearSource(scope.source)) ? 'cleared' : 'nothing was counted';
  const { failures, userId } = await limits.clearAccount(scope.email);
  if (userId === undefined) throw new Error('no user has this address');
  if (failures === undefined) return 'nothing was counted';
  await record(LOCKOUT_CLEARED, { user_id: userId, by: 'operator' });
  return `cleared: ${failures} failed ${failures === 1 ? 'guess' : 'guesses'}`;
}

runCommand(async (args) => {
  const scope = parse(args);
  if (scope === 'help') {
    process.stdout.write(HELP);
    return;
  }
  await withDatabase(
    (url) => new OperatorLimits(url),
    async (limits) => {
      process.stdout.write(`${await clear(scope, limits)}\n`);
    },
  );
});
