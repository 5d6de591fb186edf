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
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { decodeCursor, isNumberKey } from '../common/cursor';
import { DISPLAY_NAME_RULE } from '../common/validation/text-rules';
import { Precondition } from '../http/entity-tag';
import { IfMatch } from '../http/if-match.decorator';
import {
  ApiIdempotencyKey,
  ApiIfMatch,
  ApiTagged,
  ApiTaggedCreation,
} from '../http/openapi/conditional.decorator';
import { bodyProblems, type DocumentedProblem } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { PageQuery } from '../http/page-query.dto';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import {
  ServiceAccountCreateRequest,
  ServiceAccountIdParam,
  ServiceAccountUpdateRequest,
} from './dto/service-account-requests.dto';
import {
  ServiceAccountPage,
  ServiceAccountResponse,
  toServiceAccountResponse,
} from './dto/service-account-response.dto';
import { ServiceAccountsService } from './service-accounts.service';

const BODY_PROBLEMS = bodyProblems({ pointer: '#/name', detail: DISPLAY_NAME_RULE });
const LIST = { list: 'service-accounts' };
const IDEMPOTENCY: readonly DocumentedProblem[] = ['request-in-progress', 'idempotency-key-reused'];

@ApiTags('Services')
@Controller('service-accounts')
export class ServiceAccountsController {
  constructor(private readonly accounts: ServiceAccountsService) {}

  /**
   * Service accounts
   * @remarks The oldest first.
   */
  @Get()
  @RequirePermission('services:write', 'invalid-input')
  @ApiOkResponse({ type: ServiceAccountPage, description: 'A page of service accounts' })
  async listServiceAccounts(
    @Query() { limit = DEFAULT_PAGE_SIZE, cursor }: PageQuery,
  ): Promise<ServiceAccountPage> {
    const after = decodeCursor(LIST, cursor, isNumberKey);
    return toPage(await this.accounts.list(after, limit), limit, LIST, toServiceAccountResponse);
  }

  /**
   * Create a service account
   * @remarks Its creator owns it: its keys end when the owner is deleted or deactivated. It has no key yet.
   */
  @Post()
  @ApiIdempotencyKey()
  @RequirePermission('services:write', ...BODY_PROBLEMS, 'name-taken', ...IDEMPOTENCY)
  @ApiTaggedCreation(ServiceAccountResponse, 'The new service account')
  async createServiceAccount(
    @Body() { name, scopes }: ServiceAccountCreateRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ServiceAccountResponse> {
    const account = await this.accounts.create({ name, scopes }, request, principal);
    response.location(`/service-accounts/${account.id}`);
    return account;
  }

  /**
   * One service account
   * @remarks With the ETag to send as If-Match with a change.
   */
  @Get(':id')
  @RequirePermission('services:write', 'invalid-input', 'not-found')
  @ApiTagged(ServiceAccountResponse, 'The service account')
  async getServiceAccount(@Param() { id }: ServiceAccountIdParam): Promise<ServiceAccountResponse> {
    return toServiceAccountResponse(await this.accounts.get(id));
  }

  /**
   * Change a service account
   * @remarks Omitted members keep their value. Scopes that are taken away are gone for its keys and tokens at once.
   */
  @Patch(':id')
  @ApiIfMatch()
  @RequirePermission('services:write', ...BODY_PROBLEMS, 'not-found', 'name-taken', 'precondition-failed')
  @ApiTagged(ServiceAccountResponse, 'The service account as changed')
  async updateServiceAccount(
    @Param() { id }: ServiceAccountIdParam,
    @Body() { name, scopes, owner_id: ownerId }: ServiceAccountUpdateRequest,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<ServiceAccountResponse> {
    return this.accounts.update(id, { name, scopes, ownerId }, precondition, principal);
  }

  /**
   * Delete a service account
   * @remarks Its keys and tokens end at once, on every replica.
   */
  @Delete(':id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @ApiIfMatch()
  @RequirePermission('services:write', 'invalid-input', 'not-found', 'precondition-failed')
  @ApiNoContentResponse({ description: 'The service account is deleted' })
  async deleteServiceAccount(
    @Param() { id }: ServiceAccountIdParam,
    @IfMatch() precondition: Precondition,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.accounts.delete(id, precondition, principal);
  }
}
