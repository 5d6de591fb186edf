import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { Domain } from '../domain.entity';
import { DomainResponse, toManagedDomainResponse } from './domain-response.dto';

/** A domain with all that is below it. */
@ApiSchema({ name: 'DomainTree', description: 'A domain with the domains below it.' })
export class DomainTreeResponse extends DomainResponse {
  /**
   * The domains right below, ordered by name
   * @example []
   */
  @ApiProperty({ type: () => [DomainTreeResponse] })
  children: DomainTreeResponse[];
}

/** The public form of those that hang on the top; a domain whose parent is not given is left out, with what is below it. */
export function toDomainTree(domains: readonly Domain[], isForAdmin: boolean): DomainTreeResponse[] {
  const childrenOf = new Map<string | null, Domain[]>();
  for (const domain of domains) {
    const siblings = childrenOf.get(domain.parentDomainId);
    if (siblings) siblings.push(domain);
    else childrenOf.set(domain.parentDomainId, [domain]);
  }
  const below = (parentId: string | null): DomainTreeResponse[] =>
    (childrenOf.get(parentId) ?? []).map((domain) => ({
      ...toManagedDomainResponse(domain, isForAdmin),
      children: below(domain.id),
    }));
  return below(null);
}
