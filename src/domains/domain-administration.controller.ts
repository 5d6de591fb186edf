import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  Param,
  Patch,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Precondition } from '../http/entity-tag';
import { IfMatch } from '../http/if-match.decorator';
import { ForServices } from '../http/openapi/api-authenticated.decorator';
import {
  ApiIdempotencyKey,
  ApiIfMatch,
  ApiTagged,
  ApiTaggedCreation,
} from '../http/openapi/conditional.decorator';
import { bodyProblems, type DocumentedProblem } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { mayAdminister, DomainAccessService } from './domain-access.service';
import { DomainAdministrationService } from './domain-administration.service';
import { DOMAIN_KEY_RULE } from './domain-key';
import { DomainCreateRequest } from './dto/domain-create-request.dto';
import { DeleteDomainQuery, DomainIdParam } from './dto/domain-params.dto';
import { DomainResponse, toManagedDomainResponse } from './dto/domain-response.dto';
import { DomainUpdateRequest } from './dto/domain-update-request.dto';

const BODY_PROBLEMS = bodyProblems({ pointer: '#/key', detail: DOMAIN_KEY_RULE });
const CREATING: readonly DocumentedProblem[] = [
  'key-taken',
  'domain-too-deep',
  'request-in-progress',
  'idempotency-key-reused',
];
const CHANGING: readonly DocumentedProblem[] = [
  'forbidden',
  'not-found',
  'default-in-use',
  'precondition-failed',
];
const BAD_ID: DocumentedProblem = {
  code: 'invalid-input',
  detail: 'id must be the id of a domain (a UUID)',
  errors: [{ pointer: '#/id', detail: 'must be the id of a domain (a UUID)' }],
};

@ApiTags('Domains')
@Controller('domains')
export class DomainAdministrationController {
  constructor(
    private readonly access: DomainAccessService,
    private readonly domains: DomainAdministrationService,
  ) {}

  /**
   * Create a domain
   * @remarks For administrators.
   */
  @Post()
  @ApiIdempotencyKey()
  @RequirePermission('domains:write', ...BODY_PROBLEMS, ...CREATING)
  @ApiTaggedCreation(DomainResponse, 'The new domain')
  async createDomain(
    @Body() { key, name, parent_domain_id }: DomainCreateRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<DomainResponse> {
    const parentDomainId = parent_domain_id ?? null;
    const domain = await this.domains.create({ key, name, parentDomainId }, request, principal);
    response.location(`/domains/${domain.id}`);
    return domain;
  }

  /**
   * One domain
   * @remarks An inactive domain is 404 for all but administrators.
   */
  @Get(':id')
  @ForServices('domains:write', BAD_ID, 'not-found')
  @ApiTagged(DomainResponse, 'The domain')
  async getDomain(@Param() { id }: DomainIdParam, @Caller() principal: Principal): Promise<DomainResponse> {
    return toManagedDomainResponse(await this.access.read(id, principal), mayAdminister(principal));
  }

  /**
   * Update or move a domain
   * @remarks Omitted members keep their value. Domains below it move along. For administrators.
   */
  @Patch(':id')
  @ApiIfMatch()
  @ForServices('domains:write', ...BODY_PROBLEMS, ...CHANGING, 'key-taken', 'domain-cycle', 'domain-too-deep')
  @ApiTagged(DomainResponse, 'The updated domain')
  async updateDomain(
    @Param() { id }: DomainIdParam,
    @Body() { key, name, parent_domain_id, is_active, is_default }: DomainUpdateRequest,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<DomainResponse> {
    const place = { parentDomainId: parent_domain_id, isActive: is_active, isDefault: is_default };
    return this.domains.update(id, { key, name, ...place }, precondition, principal);
  }

  /**
   * Delete a domain
   * @remarks Its assignments end. For administrators.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiIfMatch()
  @ForServices('domains:write', BAD_ID, ...CHANGING, 'domain-has-children')
  @ApiNoContentResponse({ description: 'The domain is gone' })
  async deleteDomain(
    @Param() { id }: DomainIdParam,
    @Query() { children }: DeleteDomainQuery,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.domains.delete(id, children ?? 'refuse', precondition, principal);
  }
}
