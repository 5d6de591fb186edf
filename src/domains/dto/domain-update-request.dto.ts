import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsBoolean, ValidateIf } from 'class-validator';
import { IsId } from '../../common/validation/id';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsDomainKey } from '../domain-key';

const BOOLEAN = { message: 'must be true or false' };

/** Changes of a domain; what is left out stays. */
@ApiSchema({ name: 'DomainUpdate', description: 'Changes to a domain; omitted members keep their value.' })
export class DomainUpdateRequest {
  /**
   * Short stable name, unique among domains
   * @example 'backend'
   */
  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
  @ValidateIf(({ key }: DomainUpdateRequest) => key !== undefined)
  @IsDomainKey()
  key?: string;

  /**
   * Human-readable name
   * @example 'Backend and Infrastructure'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @ValidateIf(({ name }: DomainUpdateRequest) => name !== undefined)
  @IsDisplayName()
  name?: string;

  /**
   * Moves the domain, with all that is below it, under another one; null: to the top
   * @example null
   */
  @ApiProperty({ format: 'uuid' })
  @ValidateIf(({ parent_domain_id: id }: DomainUpdateRequest) => id !== undefined && id !== null)
  @IsId('a domain')
  parent_domain_id?: string | null;

  /**
   * Whether the domain is active; nothing is inherited through an inactive one
   * @example true
   */
  @ValidateIf(({ is_active }: DomainUpdateRequest) => is_active !== undefined)
  @IsBoolean(BOOLEAN)
  is_active?: boolean;

  /**
   * True makes new users be assigned to this domain in place of the one before; false is refused for the default domain
   * @example false
   */
  @ValidateIf(({ is_default }: DomainUpdateRequest) => is_default !== undefined)
  @IsBoolean(BOOLEAN)
  is_default?: boolean;
}
