import { Injectable } from '@nestjs/common';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { SessionConfig } from '../config/session.config';

/** Secret scanners know our tokens by it. */
const PREFIX = 'psr_';
const BYTES = 32;
const FORM = /^psr_[A-Za-z0-9_-]{43}$/;

/** A refresh token and the hash under which the database knows it. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: Buffer;
}

/**
 * Opaque tokens of 256 bits. The first of a session is random; each child is the HMAC-SHA-256 of its parent under a key of the
 * server, so that a retry gets the very same child although the database keeps only hashes.
 */
@Injectable()
export class RefreshTokens {
  constructor(private readonly config: SessionConfig) {}

  /** The first token of a session. */
  first(): RefreshToken {
    return refreshToken(randomBytes(BYTES));
  }

  /** Reads what a client sent; undefined when it cannot be one of ours. */
  parse(text: string): RefreshToken | undefined {
    return FORM.test(text) ? { token: text, hash: hashOf(text) } : undefined;
  }

  /** The child under today's key. */
  child(parent: RefreshToken): RefreshToken {
    const [key] = this.config.refreshTokenKeys;
    if (!key) throw new Error('there is no key for refresh tokens');
    return childUnder(key, parent);
  }

  /** The child that has this hash, under today's key or one before it; undefined when none makes it. */
  childWithHash(parent: RefreshToken, hash: Buffer): RefreshToken | undefined {
    return this.config.refreshTokenKeys
      .map((key) => childUnder(key, parent))
      .find((child) => child.hash.equals(hash));
  }
}

function childUnder(key: Buffer, parent: RefreshToken): RefreshToken {
  return refreshToken(createHmac('sha256', key).update(parent.token).digest());
}

function refreshToken(bytes: Buffer): RefreshToken {
  const token = PREFIX + bytes.toString('base64url');
  return { token, hash: hashOf(token) };
}

/** A plain hash will do: 256 random bits cannot be guessed, however fast the hash. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
