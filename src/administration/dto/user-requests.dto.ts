import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  ValidateNested,
} from 'class-validator';
import { IsId } from '../../common/validation/id';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsWebAddressOrNull } from '../../common/validation/web-address';
import { IsPasswordText } from '../../passwords/password-text';
import { IsEmailAddress } from '../../users/email';

const MAX_PLACES = 200;
const MAX_LOOKUP = 100;
export const PLATFORM_ROLES = ['user', 'admin'] as const;
export const TEAM_ROLES = ['owner', 'admin', 'member'] as const;
const PLATFORM_ROLE_RULE = { message: `must be one of ${PLATFORM_ROLES.join(', ')}` };

/** Names a user in the path. */
export class UserIdParam {
  /**
   * The `id` of the user
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a user')
  id: string;
}

/** Names a session of a user in the path. */
export class UserSessionParam extends UserIdParam {
  /**
   * The `id` of the session
   * @example 'b1a7f3f4-6f0e-4a39-8d5b-2f0c9f8b7a11'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a session')
  session_id: string;
}

/** A place in a team. */
@ApiSchema({ name: 'NewMembership', description: 'A team for a new user.' })
export class NewMembership {
  /**
   * The `id` of the team
   * @example '0b9d2a57-8a34-4d0e-9d1b-7f6c2f1f5a10'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a team')
  id: string;

  /** Role in the team; null reads as `member` */
  @ApiProperty({ enum: TEAM_ROLES, nullable: true })
  @IsOptionalMember()
  @IsIn(TEAM_ROLES, { message: `must be one of ${TEAM_ROLES.join(', ')}` })
  role?: (typeof TEAM_ROLES)[number];
}

/** A user to be. */
@ApiSchema({ description: 'A user to be.' })
export class UserCreationRequest {
  /**
   * In any letter case
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254 })
  @IsEmailAddress()
  email: string;

  /**
   * Display name
   * @example 'Ada Lovelace'
   */
  @ApiProperty({ maxLength: 200 })
  @IsDisplayName()
  name: string;

  /**
   * Must be changed at the first sign-in. Without it the answer holds an activation code, which is the better way
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256, nullable: true })
  @IsOptionalMember()
  @IsPasswordText()
  password?: string;

  /** Platform role; `user` unless given */
  @ApiProperty({ enum: PLATFORM_ROLES, nullable: true })
  @IsOptionalMember()
  @IsIn(PLATFORM_ROLES, PLATFORM_ROLE_RULE)
  role?: (typeof PLATFORM_ROLES)[number];

  /** The default team unless given; an empty list: none */
  @ApiProperty({ type: [NewMembership], nullable: true, maxItems: MAX_PLACES })
  @IsOptionalMember()
  @IsArray({ message: 'must be a list of teams' })
  @ArrayMaxSize(MAX_PLACES, { message: `must have at most ${MAX_PLACES} teams` })
  @ArrayUnique((team: NewMembership | null) => team?.id, { message: 'must name each team once' })
  @ValidateNested({ each: true, message: 'must be an object' })
  @Type(() => NewMembership)
  teams?: NewMembership[];

  /**
   * Ids of domains; the default one unless given; an empty list: none
   * @example ['5a1f0c5e-6d0b-4b0f-8a59-3f1e7f2c9b33']
   */
  @ApiProperty({ type: [String], nullable: true, maxItems: MAX_PLACES })
  @IsOptionalMember()
  @IsArray({ message: 'must be a list of ids' })
  @ArrayMaxSize(MAX_PLACES, { message: `must have at most ${MAX_PLACES} ids` })
  @ArrayUnique({ message: 'must name each domain once' })
  @IsId('a domain', { each: true })
  domains?: string[];
}

/** What changes of a user. */
@ApiSchema({ description: 'What changes of a user; omitted members keep their value.' })
export class UserUpdateRequest {
  /**
   * A changed address is unproven
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email', maxLength: 254, nullable: true })
  @IsOptionalMember()
  @IsEmailAddress()
  email?: string;

  /**
   * Display name
   * @example 'Ada Lovelace'
   */
  @ApiProperty({ maxLength: 200, nullable: true })
  @IsOptionalMember()
  @IsDisplayName()
  name?: string;

  /** Absolute http or https address of a picture; null removes it */
  @ApiProperty({ format: 'uri', maxLength: 2048 })
  @IsOptional()
  @IsWebAddressOrNull()
  avatar_url?: string | null;

  /** Platform role */
  @ApiProperty({ enum: PLATFORM_ROLES, nullable: true })
  @IsOptionalMember()
  @IsIn(PLATFORM_ROLES, PLATFORM_ROLE_RULE)
  role?: (typeof PLATFORM_ROLES)[number];

  /**
   * False ends all sessions, and everything else that was issued to the user
   * @example true
   */
  @ApiProperty({ nullable: true })
  @IsOptionalMember()
  @IsBoolean({ message: 'must be true or false' })
  is_active?: boolean;
}

/** Whom to look up. */
@ApiSchema({ description: 'Ids of users.' })
export class UserLookupRequest {
  /**
   * Ids of users
   * @example ['7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11']
   */
  @ApiProperty({ type: [String], minItems: 1, maxItems: MAX_LOOKUP })
  @IsArray({ message: 'must be a list of ids' })
  @ArrayMinSize(1, { message: `must have 1 to ${MAX_LOOKUP} ids` })
  @ArrayMaxSize(MAX_LOOKUP, { message: `must have 1 to ${MAX_LOOKUP} ids` })
  @IsId('a user', { each: true })
  ids: string[];
}

/** Proof that it is the user who deletes themselves. */
@ApiSchema({ description: 'Proof that the user, not only the token, deletes the account.' })
export class SelfDeletionRequest {
  /**
   * Required unless the user signed in within the last 10 minutes
   * @example 'correct horse battery'
   */
  @ApiProperty({ format: 'password', maxLength: 256, nullable: true })
  @IsOptionalMember()
  @IsPasswordText()
  password?: string;
}

/** How an activation code gets to the user. */
@ApiSchema({ name: 'ActivationRequestOptions', description: 'How the code gets to the user.' })
export class ActivationSendRequest {
  /** `true` sends it to the address of the user; it is not in the answer then */
  @ApiProperty({ default: false, nullable: true, type: Boolean })
  @IsOptionalMember()
  @IsBoolean({ message: 'must be true or false' })
  send?: boolean;
}
