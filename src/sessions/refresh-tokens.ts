import { Injectable } from '@nestjs/common';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SessionConfig } from '../config/session.config';

/** Lets secret scanners recognise our tokens. */
export const REFRESH_TOKEN_PREFIX = 'psr_';
const FORM = /^psr_[A-Za-z0-9_-]{43}$/;
const FAMILY_BYTES = 12;
const GENERATION_BYTES = 4;
const SECRET_BYTES = 16;
const SALT_BYTES = 32;

/** A refresh token, and its hash, which the database stores. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: Buffer;
}

/** The position of a token among those of its session. */
export interface TokenPlace {
  /** Random bytes shared by all tokens of one session. */
  readonly family: Buffer;
  /** The number of exchanges, modulo 2^32 as a signed number. */
  readonly generation: number;
}

/** A refresh token as a client sent it. */
export type ParsedToken = RefreshToken & TokenPlace;

/**
 * Opaque tokens of 32 bytes: 12 of the family, 4 of the generation, 16 of a secret. Only a holder of a token of the session
 * can know its family, so every exchanged token is recognised without a row of its own. The secret of a first token is
 * random; that of a child is an HMAC-SHA-256, under a key of the server, of its parent and of a random salt that is stored
 * with the session: a retry gets the same child although the database stores only its hash, and neither the key nor the
 * database alone suffices to derive a child from its parent.
 *
 * A token of version 1.0.0 is 32 bytes without structure. Read like the others, it starts its own family.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly config: SessionConfig) {}

  /** The first token of a family, by default of a new one. */
  first(place: TokenPlace = { family: randomBytes(FAMILY_BYTES), generation: 0 }): ParsedToken {
    return { ...refreshToken(place, randomBytes(SECRET_BYTES)), ...place };
  }

  /** Parses a token that a client sent; undefined when it cannot be one of ours. */
  parse(text: string): ParsedToken | undefined {
    if (!FORM.test(text)) return undefined;
    const bytes = Buffer.from(text.slice(REFRESH_TOKEN_PREFIX.length), 'base64url');
    return {
      token: text,
      hash: hashOf(text),
      family: bytes.subarray(0, FAMILY_BYTES),
      generation: bytes.readInt32BE(FAMILY_BYTES),
    };
  }

  /** A random salt for one exchange. */
  salt(): Buffer {
    return randomBytes(SALT_BYTES);
  }

  /** The child of a parent, derived with the current key. */
  child(parent: RefreshToken, place: TokenPlace, salt: Buffer): RefreshToken {
    const [key] = this.config.refreshTokenKeys;
    if (!key) throw new Error('there is no key for refresh tokens');
    return childUnder(key, parent, place, salt);
  }

  /** The child with this hash, derived with the current or a previous key; undefined when none yields it. */
  childWithHash(
    parent: RefreshToken,
    place: TokenPlace,
    salt: Buffer,
    hash: Buffer,
  ): RefreshToken | undefined {
    return this.config.refreshTokenKeys
      .map((key) => childUnder(key, parent, place, salt))
      .find((child) => child.hash.equals(hash));
  }

  /** The same for a child made by version 1.0.0, whose HMAC covers the parent only. */
  unsaltedChildWithHash(parent: RefreshToken, hash: Buffer): RefreshToken | undefined {
    return this.config.refreshTokenKeys
      .map((key) => encodeToken(createHmac('sha256', key).update(parent.token).digest()))
      .find((child) => child.hash.equals(hash));
  }
}

/** Family and generation of the next token. */
export function nextPlace({ family, generation }: TokenPlace): TokenPlace {
  return { family, generation: (generation + 1) | 0 };
}

/** Whether one generation precedes another, in the serial number arithmetic of RFC 1982 section 3.2. */
export function isEarlier(generation: number, other: number): boolean {
  return ((other - generation) | 0) > 0;
}

function childUnder(key: Buffer, parent: RefreshToken, place: TokenPlace, salt: Buffer): RefreshToken {
  const secret = createHmac('sha256', key).update(salt).update(parent.token).digest();
  return refreshToken(place, secret.subarray(0, SECRET_BYTES));
}

function refreshToken({ family, generation }: TokenPlace, secret: Buffer): RefreshToken {
  const counter = Buffer.alloc(GENERATION_BYTES);
  counter.writeInt32BE(generation);
  return encodeToken(Buffer.concat([family, counter, secret]));
}

function encodeToken(bytes: Buffer): RefreshToken {
  const token = REFRESH_TOKEN_PREFIX + bytes.toString('base64url');
  return { token, hash: hashOf(token) };
}

/** A fast hash is sufficient: 128 random bits cannot be guessed. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
