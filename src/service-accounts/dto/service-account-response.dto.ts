import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { SCOPES, type Scope } from '../../security/permissions';
import type { ServiceAccount } from '../service-account.entity';

/** A service account. */
@ApiSchema({ name: 'ServiceAccount', description: 'Another service as a caller.' })
export class ServiceAccountResponse {
  /**
   * Identifies the service account; the `client_id` of its credentials
   * @example '5c2f7d9a-3f5e-4b0a-8f4c-0f6a5b9d1e77'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Human-readable name
   * @example 'Prompt store'
   */
  name: string;

  /**
   * What its keys may be used for; `users:write` includes `users:read`
   * @example ['tokens:validate', 'users:read']
   */
  @ApiProperty({ enum: SCOPES, isArray: true })
  scopes: Scope[];

  /**
   * The user with whom its keys end; null: nobody
   * @example '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'
   */
  @ApiProperty({ format: 'uuid' })
  owner_id: string | null;

  /**
   * When it was made, in UTC
   * @example '2026-01-31T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  created_at: string;
}

/** A page of service accounts. */
@ApiSchema({ name: 'ServiceAccountPage', description: 'A page of service accounts.' })
export class ServiceAccountPage {
  /** The oldest first */
  items: ServiceAccountResponse[];

  /**
   * Send it as `cursor` for the next page; null on the last one
   * @example null
   */
  next_cursor: string | null;
}

/** The public form of a service account. */
export function toServiceAccountResponse(account: ServiceAccount): ServiceAccountResponse {
  return {
    id: account.id,
    name: account.name,
    scopes: [...account.scopes],
    owner_id: account.ownerId,
    created_at: account.createdAt.toISOString(),
  };
}
