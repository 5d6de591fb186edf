import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Lets secret scanners, and the guard, recognise a key. */
export const SERVICE_KEY_PREFIX = 'psk_';
const ID_BYTES = 16;
const SECRET_BYTES = 32;
const CHECKSUM_LENGTH = 6;
/** Prefix, id (22 characters of base64url), secret (43) and checksum (6). */
const FORM = /^psk_[A-Za-z0-9_-]{71}$/;

/** A key as a client sends it, well-formed and not yet looked up. */
export interface ParsedServiceKey {
  /** Of the row that has its hash. */
  readonly id: string;
  /** SHA-256 of the key: 256 random bits cannot be guessed, a slow hash would protect nothing. */
  readonly hash: Buffer;
}

/** A new key; `text` is shown once. */
export interface NewServiceKey extends ParsedServiceKey {
  readonly text: string;
}

/** Makes a key with a new id. */
export function createServiceKey(): NewServiceKey {
  const id = randomUUID();
  const bytes = Buffer.concat([Buffer.from(id.replaceAll('-', ''), 'hex'), randomBytes(SECRET_BYTES)]);
  const body =
    SERVICE_KEY_PREFIX +
    bytes.subarray(0, ID_BYTES).toString('base64url') +
    bytes.subarray(ID_BYTES).toString('base64url');
  const text = body + checksumOf(body);
  return { id, text, hash: hashOf(text) };
}

/** Undefined for a text that cannot be a key: its form or its checksum is wrong. Asks no database. */
export function parseServiceKey(text: string): ParsedServiceKey | undefined {
  if (!FORM.test(text)) return undefined;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  if (checksumOf(body) !== text.slice(-CHECKSUM_LENGTH)) return undefined;
  const idText = body.slice(SERVICE_KEY_PREFIX.length, SERVICE_KEY_PREFIX.length + 22);
  const bytes = Buffer.from(idText, 'base64url');
  if (bytes.toString('base64url') !== idText) return undefined;
  return { id: uuidOf(bytes), hash: hashOf(text) };
}

/** CRC-32 (as in zlib) of everything before it, four bytes in network order, in base64url. */
function checksumOf(body: string): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  return bytes.toString('base64url');
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
