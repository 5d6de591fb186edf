import { Controller, Get, HttpStatus, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { ApiAuthenticated } from '../../http/openapi/api-authenticated.decorator';
import { Public } from '../../security/public.decorator';
import { bearerToken } from '../bearer-credential';
import { GATEWAY_CREDENTIAL_HEADER, GatewayCallerGuard } from '../guards/validation-caller.guard';
import { VerifyService, type Query as VerifyQuery } from './verify.service';

const header = (description: string, example: string) => ({
  description,
  required: true,
  schema: { type: 'string' as const },
  example,
});
const TEXT = "as it stands, or `UTF-8''` and percent-encoded (RFC 8187) where it is not printable ASCII";
const HEADERS = {
  'X-Auth-User-Id': header('Id of the user', '7d1f3c52-2f4e-4a58-9a2e-0c7b1d1f6f11'),
  'X-Auth-Email': header(`Address, ${TEXT}`, 'ada@example.com'),
  'X-Auth-Name': header(`Display name, ${TEXT}`, 'Ada Lovelace'),
  'X-Auth-Role': header('Platform role: `user` or `admin`', 'user'),
  'X-Auth-Teams': header('Ids of the active teams, comma-separated', '0b8f7d0e-6f0e-4a8c-9d59-3a8c4f3f7b11'),
  'X-Auth-Domains': header('Keys of the domains that the user has access to, comma-separated', 'engineering'),
};

@ApiTags('Authentication')
@Controller('auth')
export class VerifyController {
  constructor(private readonly verification: VerifyService) {}

  /**
   * Validate the token of a request, for gateways
   * @remarks For `auth_request` of nginx, `forward_auth` of Caddy and their like. Every method is taken for GET, a body is not read, and
   * conditional headers are ignored. Gateways must drop `X-Auth-` headers that clients send.
   */
  @Public()
  @UseGuards(GatewayCallerGuard)
  @Get('verify')
  @ApiAuthenticated(
    { code: 'invalid-input', detail: 'team must be the id of one team (a UUID)' },
    'forbidden',
    'insufficient-scope',
  )
  @ApiHeader({
    name: GATEWAY_CREDENTIAL_HEADER,
    required: false,
    description:
      'Key or token of a service with `tokens:validate`, where `AUTH_VALIDATE_REQUIRES_CREDENTIAL` is on',
    schema: { type: 'string' },
  })
  @ApiQuery({
    name: 'team',
    required: false,
    description: 'Id of a team that the user must be in',
    schema: { type: 'string', format: 'uuid' },
  })
  @ApiQuery({
    name: 'domain',
    required: false,
    description: 'Key of a domain that the user must have access to',
    schema: { type: 'string' },
  })
  @ApiQuery({
    name: 'role',
    required: false,
    description: 'Platform role that the user must have',
    schema: { type: 'string', enum: ['user', 'admin'] },
  })
  @ApiNoContentResponse({
    description: 'The token is valid, and the user has what is required',
    headers: HEADERS,
  })
  async verify(
    @Req() request: Request,
    @Query() query: VerifyQuery,
    @Res() response: Response,
  ): Promise<void> {
    const headers = await this.verification.verify(bearerToken(request), query);
    response.statusCode = HttpStatus.NO_CONTENT;
    for (const [name, value] of headers) response.setHeader(name, value);
    response.end(); // `send` would answer a condition of the client with 304
  }
}
