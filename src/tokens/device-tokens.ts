import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock';
import { SessionConfig } from '../config/session.config';

/** Lets secret scanners recognise our tokens. */
const PREFIX = 'psd_';
const FORM = /^psd_[A-Za-z0-9_-]{86}$/;
const LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;
/** Device, time of the sign-in, end, version of the credentials. */
const CONTENT_BYTES = 32;
const DEVICE_BYTES = 12;

/** The greatest length of a device token. */
export const MAX_DEVICE_TOKEN_LENGTH = 200;

/** The session that a device signed in with. */
export interface KnownSession {
  readonly sessionId: string;
  /** By the clock of the database. */
  readonly authenticatedAt: Date;
  /** The version of the user's credentials. */
  readonly credentialsVersion: number;
}

/** What ends the device tokens of a user. */
export interface DeviceOwner {
  readonly id: string;
  readonly credentialsVersion: number;
  readonly tokensNotBefore: Date | null;
}

/**
 * Device tokens: who shows one at a sign-in has signed in to the account before, so that guesses of others do not hold them up. They
 * open nothing. Nothing is stored: an HMAC binds a token to user, version of the credentials and time of the sign-in; a change of
 * the password and "end all sessions" end it, and it lives 90 days. All tokens of a session name the same device.
 */
@Injectable()
export class DeviceTokens {
  constructor(
    private readonly config: SessionConfig,
    private readonly clock: Clock,
  ) {}

  issue(userId: string, { sessionId, authenticatedAt, credentialsVersion }: KnownSession): string {
    const [key] = this.config.refreshTokenKeys;
    if (!key) throw new Error('there is no key for device tokens');
    const content = Buffer.alloc(CONTENT_BYTES);
    createHmac('sha256', key).update(`device\0${sessionId}`).digest().copy(content, 0, 0, DEVICE_BYTES);
    content.writeBigInt64BE(BigInt(authenticatedAt.getTime()), DEVICE_BYTES);
    content.writeBigInt64BE(BigInt(this.clock.now() + LIFETIME_MS), DEVICE_BYTES + 8);
    content.writeUInt32BE(credentialsVersion >>> 0, DEVICE_BYTES + 16);
    return PREFIX + Buffer.concat([content, sign(key, userId, content)]).toString('base64url');
  }

  /** The id of the device; undefined for a token that is not of this user, or has ended. */
  find(text: string, owner: DeviceOwner): string | undefined {
    if (!FORM.test(text)) return undefined;
    const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
    const [content, signature] = [bytes.subarray(0, CONTENT_BYTES), bytes.subarray(CONTENT_BYTES)];
    const isOurs = this.config.refreshTokenKeys.some((key) =>
      timingSafeEqual(sign(key, owner.id, content), signature),
    );
    return isOurs && isActive(content, owner, this.clock.now())
      ? content.toString('base64url', 0, DEVICE_BYTES)
      : undefined;
  }
}

function isActive(content: Buffer, owner: DeviceOwner, now: number): boolean {
  const authenticatedAt = Number(content.readBigInt64BE(DEVICE_BYTES));
  const expiresAt = Number(content.readBigInt64BE(DEVICE_BYTES + 8));
  return (
    now < expiresAt &&
    content.readUInt32BE(DEVICE_BYTES + 16) === owner.credentialsVersion >>> 0 &&
    (owner.tokensNotBefore === null || authenticatedAt > owner.tokensNotBefore.getTime())
  );
}

/** SHA-256 halves to 32 bytes here: the whole of it. */
function sign(key: Buffer, userId: string, content: Buffer): Buffer {
  return createHmac('sha256', key)
    .update(`promptstack-auth device token\0${userId}\0`)
    .update(content)
    .digest();
}
