import { readFileSync } from 'node:fs';

/** A file exists but does not contain text. */
export class NoTextError extends Error {
  constructor() {
    super('is no text in UTF-8 or UTF-16');
    this.name = 'NoTextError';
  }
}

/**
 * Reads a text file in any encoding that editors save. Throws a `NoTextError` or the error of the file system.
 */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/**
 * Decodes UTF-8 or UTF-16, with or without a byte order mark (which is removed). Throws a `NoTextError` for anything else: a
 * replacement character would silently change a setting or a secret.
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new NoTextError();
  }
  if (text.includes('\0')) throw new NoTextError();
  return text;
}

/** By the byte order mark, otherwise by the zero bytes in most UTF-16 characters; of random bytes, one in 256 is zero. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (areMostlyZero(bytes, 1)) return 'utf-16le';
  if (areMostlyZero(bytes, 0)) return 'utf-16be';
  return 'utf-8';
}

/** Checks every other byte, from `start` on. */
function areMostlyZero(bytes: Uint8Array, start: 0 | 1): boolean {
  let zeros = 0;
  for (let at = start; at < bytes.length; at += 2) if (bytes[at] === 0) zeros++;
  return zeros * 4 > bytes.length;
}
