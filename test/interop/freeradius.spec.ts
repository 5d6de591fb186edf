import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { register, type Account } from '../support/http/accounts';
import { anAdmin } from '../support/http/administration';
import { uniqueEmail } from '../support/http/accounts';
import { describeWith, startSystemServer, type SystemServer } from '../support/process/debian';
import { blocksOf } from '../support/process/markdown';
import { run } from '../support/process/program';
import { useResource } from '../support/process/use-resource';
import { useService } from '../support/process/use-service';
import { holdRow } from './result-table';

const FREERADIUS = '/usr/sbin/freeradius';
const RADCLIENT = '/usr/bin/radclient';
const REST = '/usr/lib/freeradius/rlm_rest.so';
const BLOCKS = blocksOf('docs/integrate/servers/freeradius.md');
const SECRET = 'shared-by-both';

const block = (mark: string) => BLOCKS.find((each) => each.mark === mark)?.text ?? '';

/** A configuration of nothing but the page. */
const configuration = (url: string, folder: string, port: number) => `
name = interop
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_request_time = 10
security {
  reject_delay = 0
}
client localhost {
  ipaddr = 127.0.0.1
  proto = *
  secret = ${SECRET}
}
modules {
  $INCLUDE /etc/freeradius/3.0/mods-available/always
${block('rest').replace('https://auth.example.com', url)}
}
policy {
  $INCLUDE /etc/freeradius/3.0/policy.d/control
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = ${port}
  }
  listen {
    type = auth
    proto = tcp
    ipaddr = 127.0.0.1
    port = ${port}
  }
${block('site')}
}
`;

describeWith([FREERADIUS, RADCLIENT, REST])('FreeRADIUS', () => {
  const service = useService({ env: { AUTH_RATE_LIMIT_ACCOUNT_FAILURES: '2' }, mayAnswer5xx: true });
  let radius: SystemServer;
  let account: Account;
  useResource(
    async () => {
      radius = await startSystemServer({
        program: FREERADIUS,
        args: ({ folder }) => ['-X', '-d', folder, '-n', 'server'],
        config: ({ folder, port }) => {
          writeFileSync(join(folder, 'dictionary'), '$INCLUDE /usr/share/freeradius/dictionary\n');
          return configuration(service.url, folder, port);
        },
      });
      account = await register(service, { password: 'correct "horse" \\ battery' });
    },
    () => radius.stop(),
  );

  /** What the module said, and what the client of RADIUS got. */
  async function signIn(email: string, password: string): Promise<string> {
    const before = radius.output().length;
    const quoted = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    const file = join(execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim(), 'request');
    writeFileSync(file, `User-Name = ${quoted(email)}, User-Password = ${quoted(password)}\n`);
    const server = `127.0.0.1:${radius.port}`;
    const { output } = await run(RADCLIENT, ['-r', '1', '-t', '4', '-f', file, '-x', server, 'auth', SECRET]);
    const answer = /Received (Access-\w+)|No reply/.exec(output);
    const module = /\[rest\] = (\w+)/.exec(radius.output().slice(before))?.[1];
    return `${module}: ${answer?.[1] ?? answer?.[0]}`;
  }

  it('accepts a right password, with quotes too, and has our statuses as its page says', async () => {
    const admin = await anAdmin(service, service.database);
    const given = { email: uniqueEmail(), name: 'Given', password: 'a password by an administrator' };
    await admin.must(201, 'POST', '/users', given);
    const umlauts = await register(service, { password: 'zwölf große Bäume' });
    const answers = {
      '200': await signIn(account.email, account.password),
      '200, but for letters beyond ASCII': await signIn(umlauts.email, umlauts.password),
      '400': await signIn('no address', 'x'),
      '401': await signIn(account.email, 'wrong'),
      '401 unknown': await signIn(uniqueEmail(), 'wrong'),
      '403': await signIn(given.email, given.password),
      '429': [
        await signIn(account.email, 'wrong'),
        await signIn(account.email, 'wrong'),
        await signIn(account.email, 'wrong'),
      ].at(-1),
    };
    expect(answers).toEqual({
      '200': 'updated: Access-Accept',
      '200, but for letters beyond ASCII': 'reject: Access-Reject',
      '400': 'invalid: Access-Reject',
      '401': 'reject: Access-Reject',
      '401 unknown': 'reject: Access-Reject',
      '403': 'userlock: Access-Reject',
      '429': 'invalid: Access-Reject',
    });
  });

  it('answers nothing while this service is away, so that devices ask another server', async () => {
    await service.stop();
    expect(await signIn(account.email, account.password)).toBe('fail: No reply');
  });

  it('has its row of these results in docs/integrate/tested-with.md', () => {
    const said = execFileSync('/usr/bin/dpkg-query', ['-W', '-f', '${Version}', 'freeradius'], {
      encoding: 'utf8',
    });
    holdRow('servers', [
      '[FreeRADIUS](servers/freeradius.md)',
      /\d+(\.\d+)+/.exec(said)?.[0],
      'none: address and password',
      "module `rest` with `force_to = 'plain'`",
      'nothing',
      'accepts right passwords, rejects wrong ones, does not answer during an outage',
      'all sign-ins come from its address: the limit of a source holds for all of them together',
    ]);
  });
});
