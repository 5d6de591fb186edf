import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { ServiceKey } from '../service-key.entity';

/** A key of a service account, without its secret. */
@ApiSchema({ name: 'ServiceKey', description: 'A key of a service account.' })
export class ServiceKeyResponse {
  /**
   * Identifies the key
   * @example '1f0a7c7e-6a53-4d53-9f2f-5a0f1c9c2b44'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * What the key is for
   * @example 'production, from November'
   */
  name: string | null;

  /**
   * When it was made, in UTC
   * @example '2026-01-31T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  created_at: string;

  /**
   * When it expires, in UTC; null: never
   * @example '2036-01-31T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expires_at: string | null;

  /**
   * The minute of its last use, in UTC; null: it was not used yet
   * @example '2026-02-01T10:00:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  last_used_at: string | null;
}

/** A key that was made just now. */
@ApiSchema({ name: 'NewServiceKey', description: 'A new key of a service account, with its secret.' })
export class NewServiceKeyResponse extends ServiceKeyResponse {
  /**
   * The key as it is sent: `Authorization: Bearer psk_…`, or the `client_secret`. Shown once; null in the answer to a repetition
   * @example 'psk_HwB8fmpTTVOfL1oPHJwrRBq3vX0Jm7wLk2uYt8Zs5dEfG6hNcQaRbTiUoPxMzVn1KyA0Bw'
   */
  secret: string | null;
}

/** A page of keys. */
@ApiSchema({ name: 'ServiceKeyPage', description: 'A page of the keys of a service account.' })
export class ServiceKeyPage {
  /** The oldest first */
  items: ServiceKeyResponse[];

  /**
   * Send it as `cursor` for the next page; null on the last one
   * @example null
   */
  next_cursor: string | null;
}

/** The public form of a key. */
export function toServiceKeyResponse(
  key: Pick<ServiceKey, 'id' | 'name' | 'createdAt' | 'expiresAt' | 'lastUsedAt'>,
): ServiceKeyResponse {
  return {
    id: key.id,
    name: key.name,
    created_at: key.createdAt.toISOString(),
    expires_at: key.expiresAt?.toISOString() ?? null,
    last_used_at: key.lastUsedAt?.toISOString() ?? null,
  };
}
