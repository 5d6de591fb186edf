import { Injectable } from '@nestjs/common';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SessionConfig } from '../config/session.config';

/** Secret scanners know our tokens by it. */
const PREFIX = 'psr_';
const FORM = /^psr_[A-Za-z0-9_-]{43}$/;
const FAMILY_BYTES = 12;
const GENERATION_BYTES = 4;
const SECRET_BYTES = 16;
const SALT_BYTES = 32;

/** A refresh token and the hash under which the database knows it. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: Buffer;
}

/** The place of a token among those of its session. */
export interface TokenPlace {
  /** Random bytes that all tokens of a session have in common and no other session has. */
  readonly family: Buffer;
  /** Counts the exchanges, modulo 2^32 as a signed number. */
  readonly generation: number;
}

/** A refresh token as a client sent it. */
export type ParsedToken = RefreshToken & TokenPlace;

/**
 * Opaque tokens of 32 bytes: 12 of the family, 4 of the generation, 16 of a secret. Whoever knows the family has, or had, a
 * token of the session, so that every ancestor proves itself without a row of its own. The secret of a first token is
 * random; that of a child is an HMAC-SHA-256 of its parent and of a salt that is drawn for the exchange and stored with the
 * session, under a key of the server: a retry gets the very same child, although the database keeps only its hash, and
 * neither the key nor the database alone leads from a parent to its child.
 *
 * A token of version 1.0.0 is 32 bytes without parts. Read like the others it begins a family of its own.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly config: SessionConfig) {}

  /** The first token of a family; of a new one unless told. */
  first(place: TokenPlace = { family: randomBytes(FAMILY_BYTES), generation: 0 }): ParsedToken {
    return { ...refreshToken(place, randomBytes(SECRET_BYTES)), ...place };
  }

  /** Reads what a client sent; undefined when it cannot be one of ours. */
  parse(text: string): ParsedToken | undefined {
    if (!FORM.test(text)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
    return {
      token: text,
      hash: hashOf(text),
      family: bytes.subarray(0, FAMILY_BYTES),
      generation: bytes.readInt32BE(FAMILY_BYTES),
    };
  }

  /** The salt of one exchange. */
  salt(): Buffer {
    return randomBytes(SALT_BYTES);
  }

  /** The child of a parent at its place, under today's key. */
  child(parent: RefreshToken, place: TokenPlace, salt: Buffer): RefreshToken {
    const [key] = this.config.refreshTokenKeys;
    if (!key) throw new Error('there is no key for refresh tokens');
    return childUnder(key, parent, place, salt);
  }

  /** The child that has this hash, under today's key or one before it; undefined when none makes it. */
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

  /** The same of a child that version 1.0.0 made: its HMAC is of the parent alone. */
  unsaltedChildWithHash(parent: RefreshToken, hash: Buffer): RefreshToken | undefined {
    return this.config.refreshTokenKeys
      .map((key) => written(createHmac('sha256', key).update(parent.token).digest()))
      .find((child) => child.hash.equals(hash));
  }
}

/** The place of the next token of a family. */
export function nextPlace({ family, generation }: TokenPlace): TokenPlace {
  return { family, generation: (generation + 1) | 0 };
}

/** Whether one generation comes before another, as RFC 1982 section 3.2 compares serial numbers. */
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
  return written(Buffer.concat([family, counter, secret]));
}

function written(bytes: Buffer): RefreshToken {
  const token = PREFIX + bytes.toString('base64url');
  return { token, hash: hashOf(token) };
}

/** A plain hash will do: 128 random bits cannot be guessed, however fast the hash. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
