import type { NodemailerError, SMTPPoolOptions, Transporter } from 'nodemailer';
import { withTimeout } from '../common/deadline';
import type { MailConfig } from '../config/mail.config';
import { MailFault, MailTransport, type OutgoingMail } from './mail-transport';
import { messageOf } from './message';

/** Connections to the server, as many as mails that are under way. */
export const SMTP_CONNECTIONS = 3;
const CONNECT_LIMIT_MS = 10_000;
/** Between two words of the server. */
const SILENCE_LIMIT_MS = 20_000;
/** For one mail, whatever the server says meanwhile. */
const MAIL_LIMIT_MS = 40_000;
/** To connect and sign in, for an operator who waits. */
const CHECK_LIMIT_MS = 15_000;
const IDLE_MS = 5_000;

const TLS_CODES = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_)/;
const SENTENCES: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate of the mail server has expired',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'the certificate of the mail server is for another name than AUTH_SMTP_URL has',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate of the mail server is not trusted: it is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the certificate of the mail server is not trusted: its authority is unknown here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate of the mail server is not trusted: its authority is unknown here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the certificate of the mail server is not trusted: its authority is unknown here',
  ECONNREFUSED: 'the mail server refuses connections',
  ECONNRESET: 'the mail server broke the connection off',
  EPIPE: 'the mail server broke the connection off',
  ENOTFOUND: 'the host of AUTH_SMTP_URL is unknown',
  EDNS: 'the host of AUTH_SMTP_URL is unknown',
  EAUTH: 'the mail server refuses the user name or the password of AUTH_SMTP_URL',
  ENOAUTH: 'the mail server asks for a user name and a password',
  ETIMEDOUT: 'the mail server did not answer in time',
  ETLS: 'the mail server offers no TLS, or its handshake failed',
  ECONNECTION: 'the mail server broke the connection off',
  ESOCKET: 'the connection to the mail server failed',
  EPROTOCOL: 'the mail server does not speak SMTP as expected',
};
/** About the mail itself: the next one may go. */
const OF_MAIL = ['EENVELOPE', 'EMESSAGE'];

/** Sends over SMTP, through a few connections that are kept while there is something to send. */
export class SmtpTransport extends MailTransport {
  private transporter: Transporter | undefined;

  constructor(private readonly config: MailConfig) {
    super();
  }

  send(mail: OutgoingMail): Promise<void> {
    return this.use(MAIL_LIMIT_MS, (transporter) => transporter.sendMail(messageOf(mail, this.config.from)));
  }

  /** Whether mails could go: connects and signs in. Throws a `MailFault`. */
  check(): Promise<void> {
    return this.use(CHECK_LIMIT_MS, (transporter) => transporter.verify());
  }

  private async use(limitMs: number, work: (transporter: Transporter) => Promise<unknown>): Promise<void> {
    const transporter = (this.transporter ??= await this.connect());
    const late = () => new MailFault('the mail server took too long', false, true);
    try {
      const working = work(transporter);
      working.catch(() => undefined); // it may fail when nobody waits any more
      await withTimeout(limitMs, working, late);
    } catch (error) {
      const fault = error instanceof MailFault ? error : faultOf(error as NodemailerError);
      if (fault.isOfServer) this.close();
      throw fault;
    }
  }

  close(): void {
    this.transporter?.close();
    this.transporter = undefined;
  }

  /** nodemailer is loaded for the first mail: a start does not need it. */
  private async connect(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    return this.transporter ?? createTransport(this.options());
  }

  private options(): SMTPPoolOptions & { pool: true } {
    const { server, mayGoWithoutTls } = this.config;
    if (!server) throw new Error('there is no mail server');
    const { host, port, implicitTls, credentials } = server;
    return {
      pool: true,
      maxConnections: SMTP_CONNECTIONS,
      maxMessages: 100,
      maxRequeues: 0,
      idleTimeout: IDLE_MS,
      host,
      port,
      secure: implicitTls,
      requireTLS: !implicitTls && !mayGoWithoutTls,
      ...(credentials && { auth: { user: credentials.user, pass: credentials.password } }),
      tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      connectionTimeout: CONNECT_LIMIT_MS,
      greetingTimeout: CONNECT_LIMIT_MS,
      dnsTimeout: CONNECT_LIMIT_MS,
      socketTimeout: SILENCE_LIMIT_MS,
      socketCloseTimeout: 0,
      logger: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }
}

/** 5xx of SMTP is final for the mail, 4xx is not (RFC 5321 section 4.2.1); what is no answer is about the server. */
function faultOf(error: NodemailerError): MailFault {
  const { responseCode, code = '' } = error;
  const cause = innermost(error);
  const isOfMail = OF_MAIL.includes(code) && responseCode !== undefined;
  if (isOfMail) {
    const isFinal = responseCode >= 500;
    const sentence = `the mail server ${isFinal ? 'refuses the mail' : 'does not take the mail now'} (${responseCode})`;
    return new MailFault(sentence, isFinal, responseCode === 421, error);
  }
  const key = [cause, code].find((each) => each in SENTENCES);
  const sentence = key === undefined ? 'the mail server cannot be used' : SENTENCES[key]!;
  const status = responseCode === undefined ? '' : ` (${responseCode})`;
  return new MailFault(
    TLS_CODES.test(cause) && key === undefined ? SENTENCES.ETLS! : sentence + status,
    false,
    true,
    error,
  );
}

/** The code of Node's error: nodemailer puts its own over it. */
function innermost(error: NodemailerError): string {
  const { originalCode } = error as { originalCode?: unknown };
  return typeof originalCode === 'string' ? originalCode : '';
}
