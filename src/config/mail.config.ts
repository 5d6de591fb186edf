import { hkdfSync } from 'node:crypto';
import { normaliseAddressDomain } from '../common/validation/address-domain';
import { isLoopbackHost } from '../common/loopback';
import { boolean, parsed, plainUrl, text } from './rules';
import type { Runtime } from './runtime.config';
import { secret, setting, sliceOf, type ValuesOf } from './setting';
import type { KeySettings } from './signing-keys';

/** A mail server (`AUTH_SMTP_URL`). */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; otherwise STARTTLS where the server offers it. */
  readonly implicitTls: boolean;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
}

/** A sender (`AUTH_MAIL_FROM`). */
export interface MailSender {
  readonly name: string;
  readonly address: string;
}

const SMTP_RULE =
  'must look like smtp://user:secret@mail.example.com:587 or smtps://user:secret@mail.example.com:465';
const SENDER_RULE =
  'must be an address such as no-reply@example.com, or a name with it: Example <no-reply@example.com>';
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i;
const NO_CONTROL = /^[^\p{Cc}\p{Bidi_Control}"<>\\]*$/u;
/** Of mails that stay on this machine. */
const DEVELOPMENT_SENDER: MailSender = { name: 'PromptStack', address: 'no-reply@localhost' };

export const MAIL_SETTINGS = {
  server: secret(
    'AUTH_SMTP_URL',
    parsed(smtpServer).optional(),
    'Mail server: `smtp://user:secret@host:587` (STARTTLS) or `smtps://user:secret@host:465`. Unset outside production: mails are files in `.data/mail/`; in production nothing is sent',
  ),
  from: setting(
    'AUTH_MAIL_FROM',
    parsed(mailSender).optional(),
    'Sender of mails, `no-reply@example.com` or `Example <no-reply@example.com>`; required with `AUTH_SMTP_URL`',
  ),
  templates: setting(
    'AUTH_MAIL_TEMPLATES',
    text.optional(),
    'Folder with texts of mails in place of the shipped ones; see `docs/operate/mail.md`',
  ),
  accountPages: setting(
    'AUTH_ACCOUNT_PAGES',
    boolean.default(true),
    'Serves the pages under `/account`, to which links in mails lead',
  ),
  accountUrl: setting(
    'AUTH_ACCOUNT_URL',
    plainUrl('http:', 'https:').optional(),
    'Base of links in mails, for a front end of your own with `/verify`, `/reset`, `/activate` and `/email`. Unset: `AUTH_PUBLIC_URL` with `/account`',
  ),
  requireVerifiedEmail: setting(
    'AUTH_REQUIRE_VERIFIED_EMAIL',
    boolean.default(false),
    '`true` lets users sign in with a password only after they have verified their address',
  ),
  notifyNewDevice: setting(
    'AUTH_NOTIFY_NEW_DEVICE',
    boolean.optional(),
    'Tells users by mail of a sign-in from a new device. Unset: `true` in production, else `false`',
  ),
};

type MailValues = ReturnType<typeof mailValues>;

/** How mails are sent, and what is sent. */
export class MailConfig extends sliceOf<MailValues>() {}

/** Adds what depends on other settings. */
export function mailValues(
  { accountUrl, from, ...values }: ValuesOf<typeof MAIL_SETTINGS>,
  { environment }: Runtime,
  { publicUrl }: { readonly publicUrl: string },
  { refresh }: KeySettings,
) {
  const production = environment === 'production';
  const delivery = values.server ? ('smtp' as const) : production ? ('none' as const) : ('files' as const);
  return {
    ...values,
    delivery,
    from: from ?? DEVELOPMENT_SENDER,
    /** Without a slash at the end. */
    accountUrl: (accountUrl ?? `${publicUrl.replace(/\/$/, '')}/account`).replace(/\/$/, ''),
    notifyNewDevice: values.notifyNewDevice ?? production,
    /** Whether a password may travel, or a mail with a code, without TLS. */
    mayGoWithoutTls: !production || (values.server !== undefined && isLoopbackHost(values.server.host)),
    /** The present key of the codes in mails, then previous ones. */
    codeKeys: refresh.map(codeKey),
  };
}

/** Rules between the settings of mail. */
export function mailFaults({ server, from }: ValuesOf<typeof MAIL_SETTINGS>): string[] {
  return server !== undefined && from === undefined
    ? ['AUTH_MAIL_FROM is required when AUTH_SMTP_URL is set']
    : [];
}

/** What an operator should know at each start. */
export function mailWarnings(
  { server, requireVerifiedEmail }: ValuesOf<typeof MAIL_SETTINGS>,
  { environment }: Runtime,
): string[] {
  return requireVerifiedEmail && server === undefined && environment === 'production'
    ? [
        'AUTH_REQUIRE_VERIFIED_EMAIL is true and AUTH_SMTP_URL is not set: nobody can verify an address, and users who register cannot sign in again',
      ]
    : [];
}

function smtpServer(value: string): SmtpServer {
  const implicitTls = /^smtps:/i.test(value);
  const { hostname, port, username, password } = smtpUrl(value);
  if ((username === '') !== (password === ''))
    throw new Error('must hold both user name and password, or neither');
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (implicitTls ? 465 : 587) : Number(port),
    implicitTls,
    credentials: username === '' ? undefined : { user: decoded(username), password: decoded(password) },
  };
}

/** A URL of SMTP with nothing behind the port. */
function smtpUrl(value: string): URL {
  if (!/^smtps?:\/\//i.test(value) || !URL.canParse(value)) throw new Error(SMTP_RULE);
  const url = new URL(value);
  if (url.hostname === '' || !/^\/?$/.test(url.pathname + url.search + url.hash)) throw new Error(SMTP_RULE);
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('must have %25 for a % in user name and password');
  }
}

function mailSender(value: string): MailSender {
  const [, quoted, bare, inBrackets] = /^(?:"([^"]*)"|([^"<>]*?))\s*<([^<>]+)>$/.exec(value) ?? [];
  const name = quoted ?? bare ?? '';
  const address = inBrackets ?? value;
  const at = address.lastIndexOf('@');
  const domain = senderDomain(address.slice(at + 1));
  if (at < 1 || domain === undefined || !LOCAL_PART.test(address.slice(0, at)) || !NO_CONTROL.test(name)) {
    throw new Error(SENDER_RULE);
  }
  return { name, address: `${address.slice(0, at)}@${domain}` };
}

/** Also a name of the local network, which no user's address may have. */
function senderDomain(text: string): string | undefined {
  return normaliseAddressDomain(text) ?? (/^[a-z0-9-]{1,63}$/i.test(text) ? text.toLowerCase() : undefined);
}

/** HKDF (RFC 5869): a key for one purpose reveals nothing about that for another. */
function codeKey(refreshKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', refreshKey, '', 'promptstack-auth codes in mails', 32));
}
