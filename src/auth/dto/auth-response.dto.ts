import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { toUserContextResponse, UserContextResponse } from '../../identity/dto/user-context-response.dto';
import type { TokenPair } from '../../tokens/token-issuer';
import { MAX_DEVICE_TOKEN_LENGTH } from '../../tokens/device-tokens';
import { MAX_TOKEN_LENGTH } from '../../tokens/compact-jws';
import { MAX_REFRESH_TOKEN_LENGTH } from '../../sessions/refresh-token-text';

/** Tokens and the user they belong to. */
@ApiSchema({ description: 'Tokens and the user they belong to.' })
export class AuthResponse {
  /**
   * A JWT for the header `Authorization: Bearer`
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl'
   */
  @ApiProperty({ maxLength: MAX_TOKEN_LENGTH })
  access_token: string;

  /** How the token is sent (RFC 6750) */
  @ApiProperty({ enum: ['bearer'] })
  token_type: 'bearer';

  /**
   * Lifetime of the access token, in seconds
   * @example 1800
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 1 })
  expires_in: number;

  /**
   * Exchanged for a new pair at `POST /auth/refresh`; single use
   * @example 'psr_3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs'
   */
  @ApiProperty({ maxLength: MAX_REFRESH_TOKEN_LENGTH })
  refresh_token: string;

  /**
   * Names this device at later sign-ins (`device_token` of `POST /auth/login`), so that failed attempts of others do not hold them up;
   * opens nothing. Lives 90 days, and ends with a change of the password and when all sessions are ended
   * @example 'psd_AAECAwQFBgcICQoLAAABnJb0AAAAAAGcll8AAAAAAAEgISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw'
   */
  @ApiProperty({ maxLength: MAX_DEVICE_TOKEN_LENGTH })
  device_token: string;

  /** The user who signed in */
  user: UserContextResponse;
}

/** Maps a token pair to the response. */
export function toAuthResponse({
  accessToken,
  refreshToken,
  deviceToken,
  identity,
}: TokenPair): AuthResponse {
  return {
    access_token: accessToken.token,
    token_type: 'bearer',
    expires_in: accessToken.expiresInSeconds,
    refresh_token: refreshToken,
    device_token: deviceToken,
    user: toUserContextResponse(identity),
  };
}
