import { createHash, createHmac, randomBytes } from 'node:crypto';

/** RFC 4648 section 6, base32. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** 26 characters of 5 bits: 130 bits. */
const LENGTH = 26;
const FORM = /^[A-Z2-7]{26}$/;
const SEED_BYTES = 32;

/** A new code, which nobody can guess. */
export function randomCode(): string {
  return base32(randomBytes(LENGTH));
}

/** What makes a code together with a key. */
export function randomSeed(): Buffer {
  return randomBytes(SEED_BYTES);
}

/** The code of a seed under a key of the server: whoever has only one of the two has nothing (R89). */
export function codeOfSeed(key: Buffer, seed: Buffer): string {
  return base32(createHmac('sha256', key).update(seed).digest());
}

/** What is stored of a code, however it was typed (in either case, with spaces and hyphens); undefined for what is none. */
export function hashCode(typed: string): Buffer | undefined {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase();
  return FORM.test(code) ? createHash('sha256').update(code).digest() : undefined;
}

/** The low 5 bits of each of the first 26 bytes. */
function base32(bytes: Buffer): string {
  return Array.from(bytes.subarray(0, LENGTH), (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}
