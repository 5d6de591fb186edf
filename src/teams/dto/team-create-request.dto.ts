import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsDisplayName } from '../../common/validation/text-rules';

/** A team to be. */
@ApiSchema({ name: 'TeamCreate', description: 'A new team.' })
export class TeamCreateRequest {
  /**
   * Human-readable name, unique among teams
   * @example 'Payments'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @IsDisplayName()
  name: string;

  /**
   * Reference in another system, unique among teams: an identity provider whose groups name it gives memberships
   * @example 'pay'
   */
  @ApiProperty({ type: String, nullable: true, minLength: 1, maxLength: 200 })
  @IsOptionalMember()
  @IsDisplayName()
  external_ref?: string | null;
}
