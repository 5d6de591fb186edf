import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { DomainContext, EffectiveDomain } from '../../security/identity-context';
import type { Domain } from '../domain.entity';

/** A business domain; domains form trees. */
@ApiSchema({ name: 'Domain', description: 'A business domain; domains form trees.' })
export class DomainResponse {
  /**
   * Identifies the domain
   * @example '0d6d1c1e-5f0a-4a0c-8a43-0d4f5b1f9a52'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Short stable name, used by programs
   * @example 'engineering'
   */
  key: string;

  /**
   * Human-readable name
   * @example 'Engineering'
   */
  name: string;

  /** The domain above this one */
  @ApiProperty({ format: 'uuid' })
  parent_domain_id: string | null;

  /**
   * Whether the domain is active
   * @example true
   */
  is_active: boolean;

  /** Whether new users are assigned to it; shown to administrators only */
  is_default?: boolean;
}

/** The public form of a domain. */
export function toDomainResponse(domain: DomainContext): DomainResponse {
  return {
    id: domain.id,
    key: domain.key,
    name: domain.name,
    parent_domain_id: domain.parentDomainId,
    is_active: domain.isActive,
  };
}

/** A domain that a user has access to, assigned or inherited. */
@ApiSchema({
  name: 'EffectiveDomain',
  description: 'A domain that a user has access to, assigned or inherited.',
})
export class EffectiveDomainResponse {
  /**
   * Identifies the domain
   * @example '1b6a8a0e-3c5f-4f0a-8f6d-9d1c2b3a4f50'
   */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /**
   * Short stable name
   * @example 'engineering'
   */
  key: string;
}

/** The public form of a domain that a user has access to. */
export function toEffectiveDomainResponse({ id, key }: EffectiveDomain): EffectiveDomainResponse {
  return { id, key };
}

/** The public form of a domain, for an administrator or for others. */
export function toManagedDomainResponse(domain: Domain, isForAdmin: boolean): DomainResponse {
  return { ...toDomainResponse(domain), ...(isForAdmin && { is_default: domain.isDefault }) };
}
