import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from '../support/http/accounts';
import { bearer, send } from '../support/http/http';
import { describeWith } from '../support/process/debian';
import { eventually } from '../support/process/eventually';
import { run } from '../support/process/program';
import { useResource } from '../support/process/use-resource';
import { useService } from '../support/process/use-service';

const EXIM = '/usr/sbin/exim4';
const NAME = `<b>"Ada"</b> Lovelace = "x" =C3 Ünïcödé שלום`;

/** A mail as Python's own package reads it. */
interface ParsedMail {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly defects: readonly string[];
}

const READER = `
import email, email.policy, json, sys
mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)
part = lambda kind: mail.get_body((kind,)).get_content()
defects = [str(d) for p in mail.walk() for d in p.defects]
print(json.dumps({'headers': dict(mail.items()), 'text': part('plain'), 'html': part('html'), 'defects': defects}))
`;

describeWith([EXIM, '/usr/bin/python3'])(
  "mails through Debian's exim, read by Python's email package",
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'promptstack-exim-'));
    let exim: ChildProcess | undefined;
    let port = 0;

    useResource(
      async () => {
        port = await freePort();
        chmodSync(folder, 0o777);
        writeFileSync(join(folder, 'exim.conf'), configurationOf(folder), { mode: 0o644 });
        exim = spawn(EXIM, ['-C', join(folder, 'exim.conf'), '-bdf', '-oX', `127.0.0.1.${port}`], {
          stdio: 'ignore',
        });
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      },
      () => Promise.resolve(exim?.kill()),
    );
    const service = useService({
      env: () => ({
        AUTH_SMTP_URL: `smtp://127.0.0.1:${port}`,
        AUTH_MAIL_FROM: 'Auth <no-reply@auth.example.com>',
      }),
    });

    it('R94: headers, both parts, links whole, and a name with every odd character as text', async () => {
      const account = await register(service, { name: NAME });
      await send(service, 'POST', '/auth/email/verification', { headers: bearer(account.token) });
      const inbox = join(folder, 'maildir', 'new');
      const file = await eventually('a mail in the mailbox', () => {
        try {
          return readdirSync(inbox)[0];
        } catch {
          return undefined;
        }
      });
      const { status, output } = await run('python3', ['-c', READER, join(inbox, file)]);
      if (status !== 0) throw new Error(output + readFileSync(join(inbox, file), 'utf8'));
      const mail = JSON.parse(output) as ParsedMail;
      expect(mail.defects).toEqual([]);
      expect(mail.headers).toMatchObject({
        To: account.email,
        From: 'Auth <no-reply@auth.example.com>',
        Subject: 'Verify your e-mail address',
        'Auto-Submitted': 'auto-generated',
      });
      expect(mail.text).toContain(`Hello ${NAME},`);
      const [, code = ''] = /\/account\/verify#code=([A-Z2-7]{26})\n/.exec(mail.text) ?? [];
      expect(mail.html).toContain(`href="http://localhost:0/account/verify#code=${code}"`);
      expect(mail.html).not.toContain('<b>"Ada"');
      expect((await send(service, 'POST', '/auth/email/verify', { body: { code } })).status).toBe(204);
    });
  },
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Takes every mail, and puts it into one mailbox. */
function configurationOf(folder: string): string {
  return `
primary_hostname = mail.example.com
spool_directory = ${folder}/spool
log_file_path = ${folder}/log_%s
never_users =
host_lookup =
tls_advertise_hosts =
rfc1413_query_timeout = 0s
acl_smtp_rcpt = take
begin acl
take:
  accept
begin routers
all:
  driver = accept
  transport = mailbox
begin transports
mailbox:
  driver = appendfile
  maildir_format
  directory = ${folder}/maildir
  create_directory
  mode = 0644
  directory_mode = 0777
  user = Debian-exim
`;
}
