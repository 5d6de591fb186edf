import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { storedWebAddress } from '../../common/validation/web-address';
import { ManagedUserResponse } from '../../identity/dto/managed-user-response.dto';
import type { UserCard } from '../managed-users.repository';

/** A page of users. */
@ApiSchema({ name: 'ManagedUserPage', description: 'A page of users.' })
export class ManagedUserPage {
  /** The users of the page */
  items: ManagedUserResponse[];

  /**
   * Leads to the next page; null on the last one
   * @example null
   */
  next_cursor: string | null;
}

/** A user as other users see them. */
@ApiSchema({ name: 'UserCard', description: 'A user as other users see them.' })
export class UserCardResponse {
  /**
   * Identifies the user
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Display name
   * @example 'Ada Lovelace'
   */
  name: string;

  /** Address of a picture of the user */
  @ApiProperty({ format: 'uri' })
  avatar_url: string | null;

  /**
   * For administrators alone
   * @example 'ada@example.com'
   */
  @ApiProperty({ format: 'email' })
  email?: string;
}

/** Users that were looked up. */
@ApiSchema({ name: 'UserCards', description: 'Users that were looked up.' })
export class UserCardsResponse {
  /** Those that exist, in the order asked */
  items: UserCardResponse[];
}

/** The public form of a card. */
export function toUserCardResponse(card: UserCard, showsEmail: boolean): UserCardResponse {
  const { id, name, email } = card;
  return { id, name, avatar_url: storedWebAddress(card.avatar_url), ...(showsEmail && { email }) };
}

/** Everything that is stored about a user. */
@ApiSchema({ name: 'UserExport', description: 'Everything that is stored about the caller.' })
export class UserExportResponse {
  /** The user */
  user: ManagedUserResponse;

  /** Identities at identity providers */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  identities: readonly object[];

  /** Sessions, also ended ones that are still kept */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  sessions: readonly object[];

  /** When the user joined each team, and in which role */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  memberships: readonly object[];

  /** When the user was assigned to each domain */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  assignments: readonly object[];

  /** Codes that were made for the user, without the codes themselves: purpose, address, and when they expire */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  codes: readonly object[];

  /** Messages to the user of the last day, and those that wait: kind, address, what became of them */
  @ApiProperty({ type: 'array', items: { type: 'object', additionalProperties: true } })
  mails: readonly object[];

  /** When the activation code of the user expires, if there is one */
  @ApiProperty({ format: 'date-time' })
  activation_expires_at: string | null;
}
