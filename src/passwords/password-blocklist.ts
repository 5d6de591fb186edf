import { Injectable } from '@nestjs/common';
import { normaliseEmail } from '../users/email';

const SERVICE_NAMES = [
  'promptstack',
  'promptstack-auth',
  'promptstackauth',
  'prompt stack',
  'prompt-stack',
  'promptstack auth',
];
/** Usual suffixes: a year, a few digits, one or two punctuation marks. */
const DECORATIONS = /^[\s\-_.!?@#$%&*+]{0,2}\d{0,6}[\s\-_.!?@#$%&*+]{0,3}$/;

/**
 * Passwords that attackers try first: published lists, the service's name, and the user's own address and name, also followed
 * by a year or a few punctuation marks. The whole password is compared: a listed word inside a long phrase is allowed.
 */
@Injectable()
export class PasswordBlocklist {
  private common: ReadonlySet<string> | undefined;

  has(password: string, owner: { readonly email: string; readonly name: string }): boolean {
    const folded = password.toLowerCase();
    const at = owner.email.indexOf('@');
    const own = [
      owner.email,
      owner.email.slice(0, at),
      owner.email.slice(at + 1),
      owner.name.normalize('NFC').toLowerCase(),
    ];
    return (
      this.commonPasswords().has(folded) ||
      normaliseEmail(password) === owner.email ||
      [...SERVICE_NAMES, ...own].some((word) => isDecorated(folded, word))
    );
  }

  /** Loaded for the first new password: 8 MB that the start does not need. */
  private commonPasswords(): ReadonlySet<string> {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at start, import() later
    const load = () => require('@zxcvbn-ts/language-common') as typeof import('@zxcvbn-ts/language-common');
    this.common ??= new Set(load().dictionary['passwords-common']);
    return this.common;
  }
}

function isDecorated(password: string, word: string): boolean {
  return word.length >= 3 && password.startsWith(word) && DECORATIONS.test(password.slice(word.length));
}
