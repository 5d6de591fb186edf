import { createHash, randomBytes } from 'node:crypto';

/** RFC 4648 section 6, base32. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 26 characters of 5 bits: 130 random bits. */
const LENGTH = 26;
const FORM = /^[A-Z2-7]{26}$/;

/** A new code, which nobody can guess. */
export function newCode(): string {
  return Array.from(randomBytes(LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}

/** What is stored of a code, however it was typed (in either case, with spaces and hyphens); undefined for what is none. */
export function hashCode(typed: string): Buffer | undefined {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  return FORM.test(code) ? createHash('sha256').update(code).digest() : undefined;
}
