import 'reflect-metadata';
import { ADMIN_GRANTED, ADMIN_REVOKED, type OperatorFacts } from '../administration/administration-events';
import {
  OperatorAdmins,
  type AdminCandidate,
  type UserName,
} from '../administration/operator-admins.repository';
import { isId } from '../common/validation/id';
import type { PlatformRole } from '../security/identity-context';
import { normaliseEmail } from '../users/email';
import { UsageError, parseCommandLine, runCommand, withDatabase } from './command-line';
import { record } from './audit-keys';

const HELP = `npm run admin -- grant ADDRESS | revoke ADDRESS | list

grant   makes a user an administrator of the service, and shows their id, age and proof of the address. It refuses a user who
        has not proven that the address is theirs: anyone can register with it. Where you know that this account belongs to
        the user you mean, name it by --id ID, which the refusal shows.
revoke  makes an administrator a user like others. The last active administrator stays.
list    shows all administrators.
--id ID names the user instead of the address, or beside it

It holds from the next request on, on every replica, and works on DATABASE_URL, or else on the development database.
Exit status: 0 when it is done, or was so before; 1 when it was refused, or could not be done.
Without npm, as in the image: node dist/src/cli/admin.cli.js grant ADDRESS
`;

const DAY_MS = 24 * 60 * 60 * 1000;

async function setRole(admins: OperatorAdmins, name: UserName, role: PlatformRole): Promise<void> {
  let wasThere = false;
  const user = await admins.setRole(name, role, (found) => {
    wasThere = true;
    process.stdout.write(`${describe(found)}\n`);
    if (role === 'admin' && found.role !== 'admin') requireTrusted(found, name);
  });
  if (!wasThere || !user) throw new Error(`no user has ${nameOf(name)}`);
  if (user.role === role) {
    process.stdout.write(role === 'admin' ? 'is an administrator already\n' : 'is no administrator\n');
    return;
  }
  const facts: OperatorFacts = { user_id: user.id, by: 'operator' };
  await record(role === 'admin' ? ADMIN_GRANTED : ADMIN_REVOKED, facts);
  process.stdout.write(role === 'admin' ? 'is an administrator now\n' : 'is no administrator any more\n');
}

function nameOf({ email, id }: UserName): string {
  return [email !== undefined && 'this address', id !== undefined && 'this id'].filter(Boolean).join(' and ');
}

function requireTrusted(user: AdminCandidate, name: UserName): void {
  if (!user.isActive) throw new Error('not granted: the user is deactivated');
  if (user.emailVerifiedAt !== null || name.id !== undefined) return;
  throw new Error(
    `not granted: nobody has proven that this address is theirs. If you know that this account belongs to the user you mean: ` +
      `npm run admin -- grant --id ${user.id}`,
  );
}

/** One line, from which an operator sees whether it is the user they mean. */
function describe(user: AdminCandidate): string {
  const { id, email, emailVerifiedAt, createdAt, lastSignInAt } = user;
  const proof = emailVerifiedAt ? `address proven ${day(emailVerifiedAt)}` : 'address UNPROVEN';
  const signIn = lastSignInAt ? `last sign-in ${day(lastSignInAt)}` : 'no sign-in yet';
  const state = user.isActive ? '' : ', deactivated';
  return `${id}  ${email}  registered ${day(createdAt)} (${ageOf(createdAt)}), ${proof}, ${signIn}${state}`;
}

function ageOf(moment: Date): string {
  const days = Math.floor((Date.now() - moment.getTime()) / DAY_MS);
  if (days < 1) return 'less than a day ago';
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

function day(moment: Date): string {
  return moment.toISOString().slice(0, 10);
}

async function list(admins: OperatorAdmins): Promise<void> {
  const found = await admins.list();
  if (found.length === 0) process.stdout.write('no administrators\n');
  for (const user of found) process.stdout.write(`${describe(user)}\n`);
}

function requireName([address, ...rest]: readonly string[], id: string | undefined): UserName {
  if (rest.length > 0) throw new UsageError('name one user');
  if (address === undefined && id === undefined) throw new UsageError('name a user by ADDRESS or --id ID');
  const email = address === undefined ? undefined : normaliseEmail(address);
  if (address !== undefined && email === undefined) {
    throw new UsageError('ADDRESS must be an e-mail address such as name@example.com');
  }
  if (id !== undefined && !isId(id)) throw new UsageError('--id must be the id of a user (a UUID)');
  return { email, id };
}

function parse(args: readonly string[]): ((admins: OperatorAdmins) => Promise<void>) | 'help' {
  const { values, positionals } = parseCommandLine(args, {
    id: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const [command, ...names] = positionals;
  if (command === 'list' && names.length === 0 && values.id === undefined) return list;
  if (command !== 'grant' && command !== 'revoke') {
    throw new UsageError('the command is "grant ADDRESS", "revoke ADDRESS" or "list"');
  }
  const name = requireName(names, values.id);
  return (admins) => setRole(admins, name, command === 'grant' ? 'admin' : 'user');
}

runCommand(async (args) => {
  const work = parse(args);
  if (work === 'help') {
    process.stdout.write(HELP);
    return;
  }
  await withDatabase((url) => new OperatorAdmins(url), work);
});
