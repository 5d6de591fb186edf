import { ApiProperty } from '@nestjs/swagger';
import { DEFAULT_PAGE_SIZE, IsCursor, IsPageLimit, MAX_PAGE_SIZE } from './page';

/** Which page of a list. */
export class PageQuery {
  @ApiProperty({
    description: 'How many items the page has at most',
    type: 'integer',
    required: false,
    minimum: 1,
    maximum: MAX_PAGE_SIZE,
    default: DEFAULT_PAGE_SIZE,
  })
  @IsPageLimit()
  limit?: number;

  @ApiProperty({
    description: '`next_cursor` of the page before, of the same list; omitted: the first page',
    type: 'string',
    required: false,
  })
  @IsCursor()
  cursor?: string;
}
