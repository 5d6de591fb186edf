import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { decodeCursor, isNumberKey } from '../common/cursor';
import { ApiIdempotencyKey } from '../http/openapi/conditional.decorator';
import { OptionalBody } from '../http/openapi/optional-body.decorator';
import { bodyProblems } from '../http/openapi/problem-response';
import { RequirePermission } from '../http/openapi/require-permission.decorator';
import { DEFAULT_PAGE_SIZE, toPage } from '../http/page';
import { PageQuery } from '../http/page-query.dto';
import { Idempotent, type IdempotentRequest } from '../idempotency/idempotent-request';
import { Caller } from '../security/caller.decorator';
import type { Principal } from '../security/principal';
import { ServiceAccountIdParam } from './dto/service-account-requests.dto';
import {
  EXPIRY_RULE,
  requireFuture,
  ServiceKeyCreateRequest,
  ServiceKeyParam,
} from './dto/service-key-requests.dto';
import {
  NewServiceKeyResponse,
  ServiceKeyPage,
  ServiceKeyResponse,
  toServiceKeyResponse,
} from './dto/service-key-response.dto';
import { ServiceKeysService } from './service-keys.service';

@ApiTags('Services')
@Controller('service-accounts/:id/keys')
export class ServiceKeysController {
  constructor(private readonly keys: ServiceKeysService) {}

  /**
   * The keys of a service account
   * @remarks The oldest first, expired ones too. Revoked ones are gone.
   */
  @Get()
  @RequirePermission('services:write', 'invalid-input', 'not-found')
  @ApiOkResponse({ type: ServiceKeyPage, description: 'A page of keys' })
  async listServiceKeys(
    @Param() { id }: ServiceAccountIdParam,
    @Query() { limit = DEFAULT_PAGE_SIZE, cursor }: PageQuery,
  ): Promise<ServiceKeyPage> {
    const list = { list: 'service-keys', account: id };
    const after = decodeCursor(list, cursor, isNumberKey);
    return toPage(await this.keys.list(id, after, limit), limit, list, toServiceKeyResponse);
  }

  /**
   * Make a key
   * @remarks The answer holds the key, which is shown here alone. Other keys of the account go on: to rotate, make a new one, change the
   * service over, then revoke the old one.
   */
  @Post()
  @ApiIdempotencyKey()
  @OptionalBody(ServiceKeyCreateRequest)
  @RequirePermission(
    'services:write',
    ...bodyProblems({ pointer: '#/expires_at', detail: EXPIRY_RULE }),
    ...(['not-found', 'owner-inactive', 'request-in-progress', 'idempotency-key-reused'] as const),
  )
  @ApiCreatedResponse({ type: NewServiceKeyResponse, description: 'The new key' })
  async createServiceKey(
    @Param() { id }: ServiceAccountIdParam,
    @Body() { name, expires_at }: ServiceKeyCreateRequest,
    @Idempotent() request: IdempotentRequest | undefined,
    @Caller() principal: Principal,
  ): Promise<NewServiceKeyResponse> {
    const expiresAt = expires_at === undefined ? null : requireFuture(expires_at);
    return this.keys.create({ accountId: id, name: name ?? null, expiresAt }, request, principal);
  }

  /**
   * Revoke all keys of a service account
   * @remarks They and the tokens that were issued for them are refused from the next request on, on every replica.
   */
  @Delete()
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('services:write', 'invalid-input', 'not-found')
  @ApiNoContentResponse({ description: 'The keys are revoked' })
  async revokeServiceKeys(
    @Param() { id }: ServiceAccountIdParam,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.keys.revokeAll(id, principal);
  }

  /**
   * One key of a service account
   * @remarks Without its secret, which was shown when it was made.
   */
  @Get(':key_id')
  @RequirePermission('services:write', 'invalid-input', 'not-found')
  @ApiOkResponse({ type: ServiceKeyResponse, description: 'The key, without its secret' })
  async getServiceKey(@Param() { id, key_id: keyId }: ServiceKeyParam): Promise<ServiceKeyResponse> {
    return toServiceKeyResponse(await this.keys.get(id, keyId));
  }

  /**
   * Revoke a key
   * @remarks It and the tokens that were issued for it are refused from the next request on, on every replica.
   */
  @Delete(':key_id')
  @HttpCode(HttpStatus.NO_CONTENT)
  @RequirePermission('services:write', 'invalid-input', 'not-found')
  @ApiNoContentResponse({ description: 'The key is revoked' })
  async revokeServiceKey(
    @Param() { id, key_id: keyId }: ServiceKeyParam,
    @Caller() principal: Principal,
  ): Promise<void> {
    await this.keys.revoke(id, keyId, principal);
  }
}
