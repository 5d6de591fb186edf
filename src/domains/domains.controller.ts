import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiAuthenticated } from '../http/openapi/api-authenticated.decorator';
import { CurrentUser } from '../security/current-user.decorator';
import type { UserPrincipal } from '../security/principal';
import { DomainsService } from './domains.service';
import { DomainResponse, toDomainResponse } from './dto/domain-response.dto';

@ApiTags('Domains')
@ApiAuthenticated()
@Controller('domains')
export class DomainsController {
  constructor(private readonly domains: DomainsService) {}

  /**
   * The caller's domains
   * @remarks Ordered by name, including inactive ones (`is_active: false`).
   */
  @Get()
  @ApiOkResponse({ type: [DomainResponse], description: 'The domains of the caller' })
  listOwnDomains(@CurrentUser() { identity }: UserPrincipal): DomainResponse[] {
    return identity.domains.map(toDomainResponse);
  }

  /**
   * All active domains
   * @remarks Ordered by name.
   */
  @Get('all')
  @ApiOkResponse({ type: [DomainResponse], description: 'All active domains' })
  async listAllDomains(): Promise<DomainResponse[]> {
    return (await this.domains.listActive()).map(toDomainResponse);
  }
}
