import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Session } from '../session.entity';

/** An active session of the caller. */
@ApiSchema({ name: 'Session', description: 'An active session of the caller.' })
export class SessionResponse {
  /**
   * The `sid` claim of its access tokens
   * @example 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * When the user signed in
   * @example '2026-11-23T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  created_at: string;

  /**
   * When it was last refreshed, in steps of 15 minutes
   * @example '2026-11-23T10:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  last_used_at: string;

  /**
   * When it expires unless it is refreshed, in steps of 15 minutes
   * @example '2026-11-30T10:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;

  /**
   * User agent of the client, the first 200 characters
   * @example 'Mozilla/5.0 (X11; Linux x86_64)'
   */
  user_agent: string | null;

  /**
   * IP address of the client at sign-in
   * @example '192.0.2.17'
   */
  ip_address: string | null;

  /**
   * Whether this is the session of the request
   * @example true
   */
  current: boolean;
}

/** Coarse times: knowing the time of a refresh would help to replay a stolen token within the grace period. */
const STEP_MS = 15 * 60_000;

/** Maps a session to the response. */
export function toSessionResponse(session: Session, currentId: string | undefined): SessionResponse {
  return {
    id: session.id,
    created_at: session.createdAt.toISOString(),
    last_used_at: coarse(session.lastUsedAt),
    expires_at: coarse(session.idleExpiresAt),
    user_agent: session.userAgent,
    ip_address: session.ipAddress,
    current: session.id === currentId,
  };
}

function coarse(time: Date): string {
  return new Date(Math.floor(time.getTime() / STEP_MS) * STEP_MS).toISOString();
}
