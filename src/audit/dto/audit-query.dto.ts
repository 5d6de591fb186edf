import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { codePoints, isStorableText, stringRule } from '../../common/validation/text-rules';
import { IsCursor, IsPageLimit, MAX_PAGE_SIZE } from '../../http/page';
import { OUTCOMES } from './audit-event.dto';

const MAX_TEXT = 200;
const IsFilter = stringRule(
  'isFilter',
  `must be a text of 1 to ${MAX_TEXT} characters`,
  (value) => value !== '' && isStorableText(value) && codePoints(value) <= MAX_TEXT,
);
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const IsTime = stringRule(
  'isTime',
  'must be a time with its offset, such as 2026-11-27T09:30:00Z',
  (value) => TIME.test(value) && !Number.isNaN(Date.parse(value)),
);

/** Which events to export. */
export class AuditExportQuery {
  /** The type, such as `auth.login.failed` */
  @ApiProperty({ maxLength: MAX_TEXT })
  @IsOptional()
  @IsFilter()
  type?: string;

  /** What came of it */
  @ApiProperty({ enum: OUTCOMES })
  @IsOptional()
  @IsIn(OUTCOMES, { message: `must be one of ${OUTCOMES.join(', ')}` })
  outcome?: (typeof OUTCOMES)[number];

  /** The `id` of who acted */
  @ApiProperty({ maxLength: MAX_TEXT })
  @IsOptional()
  @IsFilter()
  actor?: string;

  /** The `id` of what was acted on */
  @ApiProperty({ maxLength: MAX_TEXT })
  @IsOptional()
  @IsFilter()
  target?: string;

  /** The `X-Request-Id` of a request */
  @ApiProperty({ maxLength: MAX_TEXT })
  @IsOptional()
  @IsFilter()
  request_id?: string;

  /** The address that a request came from */
  @ApiProperty({ maxLength: MAX_TEXT })
  @IsOptional()
  @IsFilter()
  ip?: string;

  /** Not before this time */
  @ApiProperty({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  from?: string;

  /** Before this time */
  @ApiProperty({ format: 'date-time' })
  @IsOptional()
  @IsTime()
  to?: string;
}

/** Which events, in pages. */
export class AuditEventsQuery extends AuditExportQuery {
  /** How many events a page has; 50 unless given */
  @ApiProperty({ type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE })
  @IsPageLimit()
  limit?: number;

  /** The `next_cursor` of the page before, of the same filters */
  @IsCursor()
  cursor?: string;
}
