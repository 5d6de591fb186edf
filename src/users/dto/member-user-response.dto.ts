import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { MemberUser } from '../member-user';

/** A user among the members of a team or the users of a domain. */
@ApiSchema({
  name: 'MemberUser',
  description: 'A user among the members of a team or the users of a domain.',
})
export class MemberUserResponse {
  /**
   * Identifies the user
   * @example '0b6f1a5e-7c55-4d0e-9f0c-8b1f5a0e6c21'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * E-mail address, normalised
   * @example 'grace@example.com'
   */
  @ApiProperty({ format: 'email' })
  email: string;

  /**
   * Whether the user has proven that the address is theirs
   * @example true
   */
  email_verified: boolean;

  /**
   * Display name
   * @example 'Grace Hopper'
   */
  name: string;

  /** URL of a picture */
  @ApiProperty({ format: 'uri' })
  avatar_url: string | null;
}

/** The public form of such a user. */
export function toMemberUserResponse(user: MemberUser): MemberUserResponse {
  return {
    id: user.id,
    email: user.email,
    email_verified: user.emailVerified,
    name: user.name,
    avatar_url: user.avatarUrl,
  };
}
