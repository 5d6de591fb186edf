import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../process/debian';
import { ended } from '../process/ended';
import { eventually } from '../process/eventually';
import { run } from '../process/program';
import { useResource } from '../process/use-resource';

export const EXIM = '/usr/sbin/exim4';
export const PYTHON = '/usr/bin/python3';

/** A mail as Python's own package reads it. */
export interface ParsedMail {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly html: string;
  readonly defects: readonly string[];
}

const READER = `
import email, email.policy, json, sys
def read(path):
    mail = email.message_from_binary_file(open(path, 'rb'), policy=email.policy.default)
    part = lambda kind: mail.get_body((kind,)).get_content()
    defects = [str(d) for p in mail.walk() for d in p.defects]
    return {'headers': dict(mail.items()), 'text': part('plain'), 'html': part('html'), 'defects': defects}
print(json.dumps([read(path) for path in sys.argv[1:]]))
`;

/** Debian's exim, which takes every mail and puts it into one mailbox. */
export class Exim {
  private readonly read = new Map<string, ParsedMail>();

  constructor(
    readonly port: number,
    private readonly folder: string,
    readonly process: ChildProcess,
  ) {}

  static async start(): Promise<Exim> {
    const folder = mkdtempSync(join(tmpdir(), 'promptstack-exim-'));
    chmodSync(folder, 0o777);
    const port = await freePort();
    writeFileSync(join(folder, 'exim.conf'), configurationOf(folder), { mode: 0o644 });
    const args = ['-C', join(folder, 'exim.conf'), '-bdf', '-oX', `127.0.0.1.${port}`];
    const exim = new Exim(port, folder, spawn(EXIM, args, { stdio: 'ignore' }));
    await eventually('exim takes connections', () => exim.listens());
    return exim;
  }

  async stop(): Promise<void> {
    this.process.kill();
    await ended(this.process);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Waits for a mail to an address with a subject; `seen` of them came before, in the order of their dates. */
  next(address: string, subject: RegExp, seen = 0): Promise<ParsedMail> {
    return eventually(`a mail to ${address}: ${String(subject)}`, async () => {
      await this.readNew();
      const mails = [...this.read.values()].filter(
        ({ headers }) => headers.To === address && subject.test(headers.Subject ?? ''),
      );
      return mails[seen];
    });
  }

  private async readNew(): Promise<void> {
    const inbox = join(this.folder, 'maildir', 'new');
    const names = await Promise.resolve()
      .then(() => readdirSync(inbox))
      .catch(() => []);
    const fresh = names.filter((name) => !this.read.has(name)).sort();
    if (fresh.length === 0) return;
    const files = fresh.map((name) => join(inbox, name));
    const { status, output } = await run('python3', ['-c', READER, ...files]);
    if (status !== 0) throw new Error(output + readFileSync(files[0]!, 'utf8'));
    const mails = JSON.parse(output) as ParsedMail[];
    mails.forEach((mail, at) => this.read.set(fresh[at]!, mail));
  }

  private listens(): Promise<true | undefined> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      const finish = (answer: true | undefined) => {
        socket.destroy();
        resolve(answer);
      };
      socket.once('connect', () => finish(true)).once('error', () => finish(undefined));
    });
  }
}

/** Exim for the tests of a file. */
export function useExim(): Pick<Exim, 'next'> & { readonly env: Record<string, string> } {
  let exim: Exim | undefined;
  const running = () => {
    if (!exim) throw new Error('exim runs only within tests and hooks');
    return exim;
  };
  useResource(
    async () => {
      exim = await Exim.start();
    },
    async () => exim?.stop(),
  );
  return {
    next: (...given) => running().next(...given),
    get env() {
      return {
        AUTH_SMTP_URL: `smtp://127.0.0.1:${running().port}`,
        AUTH_MAIL_FROM: 'Auth <no-reply@auth.example.com>',
      };
    },
  };
}

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
