import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ManagedUser } from '../managed-users.reader';
import { toUserContextResponse, UserContextResponse } from './user-context-response.dto';

/** A user as administrators see them. */
@ApiSchema({ name: 'ManagedUser', description: 'A user as administrators see them.' })
export class ManagedUserResponse extends UserContextResponse {
  /**
   * Whether the user may sign in
   * @example true
   */
  is_active: boolean;

  /**
   * Whether the user can sign in with a password
   * @example true
   */
  has_password: boolean;

  /**
   * When the last session was opened
   * @example '2026-11-23T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  last_sign_in_at: string | null;

  /**
   * When something of the user, other than teams and domains, last changed
   * @example '2026-11-23T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}

/** The public form of a managed user. */
export function toManagedUserResponse(user: ManagedUser): ManagedUserResponse {
  return {
    ...toUserContextResponse(user.identity),
    is_active: user.identity.isActive,
    has_password: user.hasPassword,
    last_sign_in_at: user.lastSignInAt?.toISOString() ?? null,
    updated_at: user.updatedAt.toISOString(),
  };
}
