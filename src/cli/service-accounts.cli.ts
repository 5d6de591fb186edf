import 'reflect-metadata';
import { parseMoment } from '../common/moment';
import { DISPLAY_NAME_RULE, isDisplayName } from '../common/validation/text-rules';
import { isScope, SCOPES, type Scope } from '../security/permissions';
import {
  OperatorServiceAccounts,
  type ListedServiceAccount,
  type MadeKey,
} from '../service-accounts/operator-service-accounts.repository';
import {
  SERVICE_ACCOUNT_CREATED,
  SERVICE_KEY_CREATED,
  SERVICE_KEYS_REVOKED,
} from '../service-accounts/service-events';
import { UsageError, parseCommandLine, runCommand, withDatabase } from './command-line';
import { record } from './audit-keys';

const HELP = `npm run service-accounts -- create NAME --scopes LIST [--expires TIME]
npm run service-accounts -- list
npm run service-accounts -- rotate NAME [--expires TIME]
npm run service-accounts -- revoke NAME

create  makes a service account, owned by nobody, and its first key, which is shown here alone
list    shows the accounts with their keys (not the secrets)
rotate  makes a further key; the old one stays until it is revoked or expires
revoke  ends all keys of the account and what was issued for them, at once, on every replica; the account stays

--scopes LIST   comma-separated: ${SCOPES.join(', ')}
--expires TIME  when the key ends, such as 2027-11-27T09:30:00Z or 2027-11-27 (midnight UTC); without it never
It works on DATABASE_URL, or else on the development database.
Without npm, as in the image: node dist/src/cli/service-accounts.cli.js list
`;

type Work = (accounts: OperatorServiceAccounts) => Promise<void>;

interface Given {
  readonly scopes: string | undefined;
  readonly expires: string | undefined;
}

/** What each command does with a name and options. */
const COMMANDS: Readonly<Record<string, (name: string, given: Given) => Work>> = {
  create: (name, { scopes, expires }) => {
    const list = requireScopes(scopes);
    const moment = optionalFuture(expires);
    if (!isDisplayName(name)) throw new UsageError(`NAME ${DISPLAY_NAME_RULE}`);
    return (accounts) => create(accounts, name, list, moment);
  },
  rotate: (name, given) => {
    const moment = optionalFuture(given.expires);
    refuseOption('--scopes', given.scopes, 'create');
    return (accounts) => rotate(accounts, name, moment);
  },
  revoke: (name, { scopes, expires }) => {
    refuseOption('--scopes', scopes, 'create');
    refuseOption('--expires', expires, 'create and rotate');
    return (accounts) => revoke(accounts, name);
  },
};

function parse(args: readonly string[]): Work | 'help' {
  const { values, positionals } = parseCommandLine(args, {
    scopes: { type: 'string' },
    expires: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return 'help';
  const [command = '', name, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError('name one service account; quote a name with blanks');
  const given = { scopes: values.scopes, expires: values.expires };
  if (command === 'list' && name === undefined) {
    refuseOption('--scopes', given.scopes, 'create');
    refuseOption('--expires', given.expires, 'create and rotate');
    return list;
  }
  const work = COMMANDS[command];
  if (!work) throw new UsageError('the command is "create NAME", "list", "rotate NAME" or "revoke NAME"');
  if (name === undefined) throw new UsageError(`${command} NAME: the name is missing`);
  return work(name, given);
}

function refuseOption(option: string, value: string | undefined, commands: string): void {
  if (value !== undefined) throw new UsageError(`${option} goes with ${commands}`);
}

function requireScopes(text: string | undefined): Scope[] {
  const names = [...new Set((text ?? '').split(',').map((name) => name.trim()))].filter(Boolean);
  const scopes = names.filter(isScope);
  if (scopes.length === 0 || scopes.length < names.length) {
    throw new UsageError(`--scopes must be a comma-separated list of ${SCOPES.join(', ')}`);
  }
  return scopes;
}

function optionalFuture(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = parseMoment(text);
  if (!moment || moment.getTime() <= Date.now()) {
    throw new UsageError('--expires must be a time in the future such as 2027-11-27T09:30:00Z, or a day');
  }
  return moment;
}

async function create(
  accounts: OperatorServiceAccounts,
  name: string,
  scopes: Scope[],
  expiresAt: Date | undefined,
): Promise<void> {
  const made = await accounts.create(name, scopes, expiresAt);
  await record(SERVICE_ACCOUNT_CREATED, { service_id: made.accountId, scopes });
  await show(made);
}

async function rotate(
  accounts: OperatorServiceAccounts,
  name: string,
  expiresAt: Date | undefined,
): Promise<void> {
  await show(required(await accounts.rotate(name, expiresAt)));
}

async function revoke(accounts: OperatorServiceAccounts, name: string): Promise<void> {
  const { accountId, count } = required(await accounts.revoke(name));
  if (count > 0) await record(SERVICE_KEYS_REVOKED, { service_id: accountId, count });
  process.stdout.write(`${count} ${count === 1 ? 'key' : 'keys'} revoked\n`);
}

/** On standard output, which has nothing else: the log goes to standard error. */
async function show({ accountId, keyId, text }: MadeKey): Promise<void> {
  process.stdout.write(`client_id: ${accountId}\nkey_id: ${keyId}\nclient_secret: ${text}\n`);
  await record(SERVICE_KEY_CREATED, { service_id: accountId, key_id: keyId });
}

async function list(accounts: OperatorServiceAccounts): Promise<void> {
  const found = await accounts.list();
  if (found.length === 0) process.stdout.write('no service accounts\n');
  for (const account of found) process.stdout.write(describe(account));
}

function describe({ id, name, scopes, createdAt, keys }: ListedServiceAccount): string {
  const lines = keys.map(
    (key) =>
      `  ${key.id}  ${key.name ?? ''}  ${when('expires', key.expires_at)}, ${when('last used', key.last_used_at)}`,
  );
  const head = `${id}  ${name}  [${scopes.join(', ')}]  made ${createdAt.toISOString().slice(0, 10)}`;
  return `${[head, ...(lines.length > 0 ? lines : ['  no keys'])].join('\n')}\n`;
}

function when(what: string, moment: string | null): string {
  return moment === null
    ? `${what} never`
    : `${what} ${new Date(moment).toISOString().replace(':00.000Z', 'Z')}`;
}

function required<T>(found: T | undefined): T {
  if (found === undefined) throw new Error('there is no service account with this name');
  return found;
}

runCommand(async (args) => {
  const work = parse(args);
  if (work === 'help') {
    process.stdout.write(HELP);
    return;
  }
  await withDatabase((url) => new OperatorServiceAccounts(url), work);
});
