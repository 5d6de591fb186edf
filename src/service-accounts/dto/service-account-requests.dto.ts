import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, ValidateIf } from 'class-validator';
import { IsId } from '../../common/validation/id';
import { IsDisplayName } from '../../common/validation/text-rules';
import { SCOPES, type Scope } from '../../security/permissions';

const RULE = `must be a list of ${SCOPES.join(', ')}`;

/** A list of scopes; one that comes twice counts once. */
function IsScopes(): PropertyDecorator {
  const decorators = [
    Transform(({ value }: { value: unknown }) =>
      Array.isArray(value) ? [...new Set(value as unknown[])] : value,
    ),
    IsArray({ message: RULE }),
    ArrayMaxSize(SCOPES.length, { message: RULE }),
    IsIn(SCOPES, { each: true, message: RULE }),
  ];
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

/** Names a service account in the path. */
export class ServiceAccountIdParam {
  /**
   * The `id` of the service account
   * @example '5c2f7d9a-3f5e-4b0a-8f4c-0f6a5b9d1e77'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a service account')
  id: string;
}

/** A service account to be. */
@ApiSchema({ name: 'ServiceAccountCreate', description: 'A new service account.' })
export class ServiceAccountCreateRequest {
  /**
   * Human-readable name, unique among service accounts
   * @example 'Prompt store'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @IsDisplayName()
  name: string;

  /**
   * What its keys may be used for
   * @example ['tokens:validate', 'users:read']
   */
  @ApiProperty({ enum: SCOPES, isArray: true, maxItems: SCOPES.length })
  @IsScopes()
  scopes: Scope[];
}

/** Changes of a service account; what is left out stays. */
@ApiSchema({
  name: 'ServiceAccountUpdate',
  description: 'Changes to a service account; omitted members keep their value.',
})
export class ServiceAccountUpdateRequest {
  /**
   * Human-readable name, unique among service accounts
   * @example 'Prompt store'
   */
  @ApiProperty({ minLength: 1, maxLength: 200 })
  @ValidateIf(({ name }: ServiceAccountUpdateRequest) => name !== undefined)
  @IsDisplayName()
  name?: string;

  /**
   * What its keys may be used for
   * @example ['tokens:validate']
   */
  @ApiProperty({ enum: SCOPES, isArray: true, maxItems: SCOPES.length })
  @ValidateIf(({ scopes }: ServiceAccountUpdateRequest) => scopes !== undefined)
  @IsScopes()
  scopes?: Scope[];

  /**
   * The `id` of an active user, with whom the keys of the account end; null: nobody
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  @ValidateIf(({ owner_id }: ServiceAccountUpdateRequest) => owner_id !== undefined && owner_id !== null)
  @IsId('a user')
  owner_id?: string | null;
}
