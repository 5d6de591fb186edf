import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AppError } from '../common/errors/app-error';
import { ApiAuthenticated, ForServices } from '../http/openapi/api-authenticated.decorator';
import type { DocumentedProblem } from '../http/openapi/problem-response';
import { Caller } from '../security/caller.decorator';
import { CurrentUser } from '../security/current-user.decorator';
import type { Principal, UserPrincipal } from '../security/principal';
import { DomainTreeQuery } from './dto/domain-params.dto';
import { DomainTreeResponse, toDomainTree } from './dto/domain-tree-response.dto';
import { mayAdminister } from './domain-access.service';
import { DomainsService } from './domains.service';
import { DomainResponse, toDomainResponse, toManagedDomainResponse } from './dto/domain-response.dto';

const BAD_FLAG: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'include_inactive must be true or false',
  errors: [{ pointer: '#/include_inactive', detail: 'must be true or false' }],
};

@ApiTags('Domains')
@Controller('domains')
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  /**
   * The caller's domains
   * @remarks Ordered by name, including inactive ones (`is_active: false`).
   */
  @Get()
  @ApiAuthenticated()
  @ApiOkResponse({ type: [DomainResponse], description: 'The domains of the caller' })
  listOwnDomains(@CurrentUser() { identity }: UserPrincipal): DomainResponse[] {
    return identity.domains.map(toDomainResponse);
  }

  /**
   * All active domains
   * @remarks Ordered by name.
   */
  @Get('all')
  @ForServices('domains:write')
  @ApiOkResponse({ type: [DomainResponse], description: 'All active domains' })
  async listAllDomains(@Caller() principal: Principal): Promise<DomainResponse[]> {
    const isForAdmin = mayAdminister(principal);
    return (await this.domains.listActive()).map((domain) => toManagedDomainResponse(domain, isForAdmin));
  }

  /**
   * The domains as trees
   * @remarks Active domains whose ancestors are all active, ordered by name on each level.
   */
  @Get('tree')
  @ForServices('domains:write', BAD_FLAG)
  @ApiOkResponse({
    type: [DomainTreeResponse],
    description: 'The domains without a parent, with those below',
  })
  async getDomainTree(
    @Query() { include_inactive: includeInactive = false }: DomainTreeQuery,
    @Caller() principal: Principal,
  ): Promise<DomainTreeResponse[]> {
    const isForAdmin = mayAdminister(principal);
    if (includeInactive && !isForAdmin) throw new AppError('forbidden', { reason: 'lacks domains:write' });
    const domains = includeInactive ? await this.domains.listAll() : await this.domains.listActive();
    return toDomainTree(domains, isForAdmin);
  }
}
