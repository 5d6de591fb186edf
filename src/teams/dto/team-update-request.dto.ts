import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import { IsDisplayName } from '../../common/validation/text-rules';

const BOOLEAN = { message: 'must be true or false' };

/** Changes of a team; what is left out stays. */
@ApiSchema({ name: 'TeamUpdate', description: 'Changes to a team; omitted members keep their value.' })
export class TeamUpdateRequest {
  /**
   * Human-readable name, unique among teams
   * @example 'Payments and Billing'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @ValidateIf(({ name }: TeamUpdateRequest) => name !== undefined)
  @IsDisplayName()
  name?: string;

  /**
   * Reference in another system, unique among teams; null removes it. Administrators only
   * @example 'pay'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @ValidateIf(({ external_ref }: TeamUpdateRequest) => external_ref !== undefined && external_ref !== null)
  @IsDisplayName()
  external_ref?: string | null;

  /**
   * Whether the team is active; an inactive one is hidden from all but administrators. Administrators only
   * @example true
   */
  @ValidateIf(({ is_active }: TeamUpdateRequest) => is_active !== undefined)
  @IsBoolean(BOOLEAN)
  is_active?: boolean;

  /**
   * True makes new users join this team in place of the one before; false is refused for the default team. Administrators only
   * @example false
   */
  @ValidateIf(({ is_default }: TeamUpdateRequest) => is_default !== undefined)
  @IsBoolean(BOOLEAN)
  is_default?: boolean;
}
