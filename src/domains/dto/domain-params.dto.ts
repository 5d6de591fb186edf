import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { IsId } from '../../common/validation/id';
import { IsQueryBoolean } from '../../common/validation/query-boolean';

const CHILDREN = ['refuse', 'move-up'] as const;

/** Names a domain in the path. */
export class DomainIdParam {
  /**
   * The `id` of the domain
   * @example '0d6d1c1e-5f0a-4a0c-8a43-0d4f5b1f9a52'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a domain')
  id: string;
}

/** Names a domain and a user in the path. */
export class DomainUserParam extends DomainIdParam {
  /**
   * The `id` of the user
   * @example '0b6f1a5e-7c55-4d0e-9f0c-8b1f5a0e6c21'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a user')
  user_id: string;
}

/** What becomes of the domains below one that is deleted. */
export class DeleteDomainQuery {
  @ApiProperty({
    description: 'What to do when there are domains below it: refuse, or move them to where it was',
    enum: CHILDREN,
    required: false,
    default: 'refuse',
  })
  @IsOptional()
  @IsIn(CHILDREN, { message: `must be one of ${CHILDREN.join(', ')}` })
  children?: (typeof CHILDREN)[number];
}

/** Which domains a tree holds. */
export class DomainTreeQuery {
  @ApiProperty({
    description: 'Whether inactive domains are in the tree, and those below them; for administrators',
    type: 'boolean',
    required: false,
    default: false,
  })
  @IsOptional()
  @IsQueryBoolean()
  include_inactive?: boolean;
}
