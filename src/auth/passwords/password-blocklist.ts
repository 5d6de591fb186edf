import { Injectable } from '@nestjs/common';
import { dictionary } from '@zxcvbn-ts/language-common';
import { normaliseEmail } from '../../users/email';

const SERVICE_NAMES = [
  'promptstack',
  'promptstack-auth',
  'promptstackauth',
  'prompt stack',
  'prompt-stack',
  'promptstack auth',
];
/** The usual decorations: a year, a few digits, one or two marks. */
const DECORATIONS = /^[\s\-_.!?@#$%&*+]{0,2}\d{0,6}[\s\-_.!?@#$%&*+]{0,3}$/;

/**
 * Passwords that attackers try first: published lists, the service's name and the person's own address and name, also
 * with a year or a few marks behind. The whole password is compared: a listed word inside a long phrase is fine.
 */
@Injectable()
export class PasswordBlocklist {
  private readonly common = new Set(dictionary['passwords-common']);

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
      this.common.has(folded) ||
      normaliseEmail(password) === owner.email ||
      [...SERVICE_NAMES, ...own].some((word) => isDecorated(folded, word))
    );
  }
}

function isDecorated(password: string, word: string): boolean {
  return word.length >= 3 && password.startsWith(word) && DECORATIONS.test(password.slice(word.length));
}
