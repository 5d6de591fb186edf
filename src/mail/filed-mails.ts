import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MAIL_FOLDER } from './file-transport';

const MOST = 100;

/** A mail in a file, as its reader sees it. */
export interface FiledMail {
  readonly file: string;
  readonly to: string;
  readonly subject: string;
  readonly date: string;
  readonly text: string;
}

/** The newest mails in files, newest first. */
export async function listMails(): Promise<FiledMail[]> {
  const names = await readdir(MAIL_FOLDER).catch(() => []);
  const newest = names.filter((name) => /^[^.].*\.eml$/.test(name)).sort();
  return Promise.all(newest.slice(-MOST).reverse().map(readMail));
}

/** Reads what `messageOf` writes; not any mail. */
async function readMail(name: string): Promise<FiledMail> {
  const file = join(MAIL_FOLDER, name);
  const source = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n');
  const header = (title: string) =>
    new RegExp(`^${title}: (.*(?:\n[ \t].*)*)$`, 'im').exec(source)?.[1]?.replaceAll(/\n[ \t]+/g, ' ') ?? '';
  const part = /^Content-Type: text\/plain[^]*?\n\n([^]*?)\n--/im.exec(source);
  const encoding = /^Content-Transfer-Encoding: (\S+)/im.exec(part?.[0] ?? '')?.[1]?.toLowerCase();
  return {
    file,
    to: header('To'),
    subject: header('Subject'),
    date: header('Date'),
    text: decode(part?.[1] ?? '', encoding),
  };
}

function decode(text: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString();
  if (encoding !== 'quoted-printable') return text;
  const bytes = text
    .replaceAll('=\n', '')
    .replaceAll(/=([0-9A-F]{2})/gi, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
