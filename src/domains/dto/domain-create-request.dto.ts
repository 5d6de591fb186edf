import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsId } from '../../common/validation/id';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsDomainKey } from '../domain-key';

/** A domain to be. */
@ApiSchema({ name: 'DomainCreate', description: 'A new domain.' })
export class DomainCreateRequest {
  /**
   * Short stable name, unique among domains
   * @example 'backend'
   */
  @ApiProperty({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$' })
  @IsDomainKey()
  key: string;

  /**
   * Human-readable name
   * @example 'Backend Engineering'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @IsDisplayName()
  name: string;

  /**
   * The domain above this one; null or omitted: none
   * @example null
   */
  @ApiProperty({ type: String, nullable: true, format: 'uuid' })
  @IsOptionalMember()
  @IsId('a domain')
  parent_domain_id?: string | null;
}
