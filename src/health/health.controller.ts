import { Controller, Get, Res, ServiceUnavailableException } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiOkResponse,
  ApiSecurity,
  ApiServiceUnavailableResponse,
  ApiTags,
} from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import type { Response } from 'express';
import { ShutdownState } from '../common/shutdown-state';
import { RETRY_AFTER_HEADER } from '../http/openapi/problem-response';
import { Public } from '../security/public.decorator';
import { VERSION } from '../common/version';
import { DatabaseHealth } from './database.health';
import { CheckResponse, HealthResponse, LivenessResponse } from './dto/health-response.dto';

const RETRY_AFTER_SECONDS = '2';

function health(status: HealthResponse['status'], checks: HealthResponse['checks']): HealthResponse {
  return { status, service: 'auth', version: VERSION, checks };
}

@ApiTags('Health')
@ApiExtraModels(CheckResponse)
@ApiSecurity({})
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly lifecycle: ShutdownState,
  ) {}

  /**
   * Health of the service
   * @remarks For operators and monitoring.
   */
  @Get()
  @ApiOkResponse({ type: HealthResponse, description: 'The service is healthy' })
  @ApiServiceUnavailableResponse({
    type: HealthResponse,
    description: 'The database cannot be used',
    headers: RETRY_AFTER_HEADER,
    example: health('error', { database: { status: 'down' } }),
  })
  async getHealth(@Res({ passthrough: true }) response: Response): Promise<HealthResponse> {
    return this.answer(response, await this.result());
  }

  /**
   * Liveness probe
   * @remarks Answers while the process runs and checks nothing else, so that a database outage causes no restart.
   */
  @Get('live')
  @ApiOkResponse({ type: LivenessResponse, description: 'The process is running' })
  getLiveness(): LivenessResponse {
    return { status: 'ok', service: 'auth', version: VERSION };
  }

  /**
   * Readiness probe
   * @remarks The database can be used, migrations and seeds are done, and shutdown has not begun.
   */
  @Get('ready')
  @ApiOkResponse({ type: HealthResponse, description: 'Ready for requests' })
  @ApiServiceUnavailableResponse({
    type: HealthResponse,
    description: 'Not ready for requests',
    headers: RETRY_AFTER_HEADER,
    example: health('error', {}),
  })
  async getReadiness(@Res({ passthrough: true }) response: Response): Promise<HealthResponse> {
    if (this.lifecycle.isDraining) return this.answer(response, { status: 'shutting_down', details: {} });
    if (this.lifecycle.isStarting) return this.answer(response, { status: 'error', details: {} });
    return this.answer(response, await this.result());
  }

  private answer(response: Response, { status, details }: HealthCheckResult): HealthResponse {
    const ok = status === 'ok';
    if (!ok) response.status(503).setHeader('Retry-After', RETRY_AFTER_SECONDS);
    return health(ok ? 'ok' : 'error', details);
  }

  /** Terminus throws when an indicator is down. */
  private async result(): Promise<HealthCheckResult> {
    try {
      return await this.health.check([() => this.database.check()]);
    } catch (error) {
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }
}
