import { readFileSync } from 'node:fs';

/** A file that is there but holds no text. */
export class NoTextError extends Error {
  constructor() {
    super('is no text in UTF-8 or UTF-16');
    this.name = 'NoTextError';
  }
}

/**
 * Reads a file of text as whatever editor has saved it. Throws a NoTextError, or what the file system says.
 */
export function readTextFile(path: string): string {
  return decodeText(readFileSync(path));
}

/**
 * The text of bytes in UTF-8 or UTF-16, with or without a byte order mark (which is no part of it). Throws a NoTextError for
 * anything else: a replacement character in the place of a byte would change a setting or a secret without a word.
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

/** By the mark, else by the zeros that most characters of UTF-16 have in one half; of random bytes, one in 256 is zero. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (areMostlyZero(bytes, 1)) return 'utf-16le';
  if (areMostlyZero(bytes, 0)) return 'utf-16be';
  return 'utf-8';
}

/** Every other byte, from `start` on. */
function areMostlyZero(bytes: Uint8Array, start: 0 | 1): boolean {
  let zeros = 0;
  for (let at = start; at < bytes.length; at += 2) if (bytes[at] === 0) zeros++;
  return zeros * 4 > bytes.length;
}
