import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsId } from '../../common/validation/id';
import { IsQueryBoolean } from '../../common/validation/query-boolean';
import { codePoints, isStorableText, stringRule } from '../../common/validation/text-rules';
import { IsCursor, IsPageLimit, MAX_PAGE_SIZE } from '../../http/page';
import { USER_ORDERS, type UserOrder } from '../../identity/user-list-statement';
import { PLATFORM_ROLES } from './user-requests.dto';

const MAX_SEARCH = 200;
const IsSearch = stringRule(
  'isSearch',
  `must be a text of 1 to ${MAX_SEARCH} characters`,
  (value) => value.trim() !== '' && isStorableText(value) && codePoints(value) <= MAX_SEARCH,
);

/** Which users, in which order. */
export class UserListQuery {
  /** Finds by the beginning of the address, or of any word of the name, in any letter case */
  @ApiProperty({ maxLength: MAX_SEARCH })
  @IsOptional()
  @IsSearch()
  q?: string;

  /** The `id` of a team: its members */
  @ApiProperty({ format: 'uuid' })
  @IsOptional()
  @IsId('a team')
  team?: string;

  /** The `id` of a domain: the users assigned to it directly */
  @ApiProperty({ format: 'uuid' })
  @IsOptional()
  @IsId('a domain')
  domain?: string;

  /** Platform role */
  @ApiProperty({ enum: PLATFORM_ROLES })
  @IsOptional()
  @IsIn(PLATFORM_ROLES, { message: `must be one of ${PLATFORM_ROLES.join(', ')}` })
  role?: (typeof PLATFORM_ROLES)[number];

  /** Whether the users are active */
  @IsOptional()
  @IsQueryBoolean()
  active?: boolean;

  /** `email` unless given */
  @ApiProperty({ enum: USER_ORDERS })
  @IsOptional()
  @IsIn(USER_ORDERS, { message: `must be one of ${USER_ORDERS.join(', ')}` })
  sort?: UserOrder;

  /** How many users a page has; 50 unless given */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE })
  @IsPageLimit()
  limit?: number;

  /** The `next_cursor` of the page before, of the same order and filters */
  @IsCursor()
  cursor?: string;
}
