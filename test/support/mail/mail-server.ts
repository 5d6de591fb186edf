import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { eventually } from '../process/eventually';
import { useResource } from '../process/use-resource';
import { readMail, type ReceivedMail } from './received-mail';

/** What the server does with a recipient: takes it, or answers with a status such as 451 or 550. */
export type Behaviour = (address: string) => number | undefined;

/** A real SMTP server that a test can tell what to do. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** How often each recipient was named. */
  readonly attempts = new Map<string, number>();
  /** Status for a recipient; undefined takes it. */
  behaviour: Behaviour = () => undefined;
  /** Called before a message is acknowledged. */
  beforeAcknowledgement: (mail: ReceivedMail) => Promise<void> | void = () => undefined;
  /** Breaks the connection off in the middle of a message for these recipients. */
  breaksOff: (address: string) => boolean = () => false;
  /** How many messages have come in whole, acknowledged or not, by `Message-ID`. */
  readonly arrivals = new Map<string, number>();
  private server: SMTPServer | undefined;
  private readonly sockets = new Set<Socket>();
  private port = 0;

  constructor(private readonly options: SMTPServerOptions = {}) {}

  /** As `AUTH_SMTP_URL`. */
  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Settings with which a service sends through it. */
  get env(): Record<string, string> {
    return { AUTH_SMTP_URL: this.url, AUTH_MAIL_FROM: 'Auth Service <no-reply@auth.example.com>' };
  }

  async start(port = 0): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      ...this.options,
      onRcptTo: ({ address }, _session, done) => {
        this.attempts.set(address, (this.attempts.get(address) ?? 0) + 1);
        const status = this.behaviour(address);
        done(
          status === undefined
            ? null
            : Object.assign(new Error('as the test says'), { responseCode: status }),
        );
      },
      onData: (stream, session, done) => {
        const to = session.envelope.rcptTo[0]?.address ?? '';
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        const chunks: Buffer[] = [];
        let isBroken = false;
        stream.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (!this.breaksOff(to)) return;
          isBroken = true;
          this.cut();
        });
        stream.on('end', () => {
          if (isBroken) return;
          const mail = readMail(Buffer.concat(chunks).toString(), { from, to });
          const id = mail.headers['message-id'] ?? '';
          this.arrivals.set(id, (this.arrivals.get(id) ?? 0) + 1);
          Promise.resolve(this.beforeAcknowledgement(mail)).then(
            () => {
              this.mails.push(mail);
              done();
            },
            (error: Error) => done(error),
          );
        });
      },
    });
    server.on('error', () => undefined); // connections that break off
    server.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.port = (server.server.address() as AddressInfo).port;
    this.server = server;
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server) await new Promise<void>((resolve) => server.close(resolve));
  }

  /** Ends as a process does that is killed: every connection is cut, whatever it is at. `start(port)` brings it back. */
  async kill(): Promise<number> {
    const stopped = this.stop();
    this.cut();
    await stopped;
    return this.port;
  }

  /** The mails to an address, the oldest first. */
  to(address: string): ReceivedMail[] {
    return this.mails.filter((mail) => mail.to === address);
  }

  private cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Waits for the next mail to an address with a subject that none of the first `seen` has. */
  async next(address: string, subject: RegExp, seen = 0): Promise<ReceivedMail> {
    return eventually(`a mail to ${address}: ${String(subject)}`, () => {
      const mails = this.to(address).filter(({ headers }) => subject.test(headers.subject ?? ''));
      return mails[seen];
    });
  }
}

/** A mail server for the tests of a file or a `describe`. */
export function useMailServer(options: SMTPServerOptions = {}): MailServer {
  const server = new MailServer(options);
  useResource(
    () => server.start(),
    () => server.stop(),
  );
  return server;
}
