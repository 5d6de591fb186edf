import { ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';

/** Which service this is. */
class ServiceResponse {
  /**
   * Name of the service
   * @example 'auth'
   */
  @ApiProperty({ enum: ['auth'] })
  service: 'auth';

  /**
   * Version of the service
   * @example '1.0.0'
   */
  version: string;
}

/** The process runs. */
@ApiSchema({ name: 'Liveness', description: 'The process is running.' })
export class LivenessResponse extends ServiceResponse {
  /** All is well */
  @ApiProperty({ enum: ['ok'] })
  status: 'ok';
}

/** What was looked at. */
@ApiSchema({ name: 'Check', description: 'Result of each check.' })
export class CheckResponse {
  /** Whether it works */
  @ApiProperty({ enum: ['up', 'down'] })
  status: string;
}

/** Health of the service, and what it looked at. */
@ApiSchema({ name: 'Health', description: 'Health of the service, and the result of each check.' })
export class HealthResponse extends ServiceResponse {
  /** Whether all is well */
  @ApiProperty({ enum: ['ok', 'error'] })
  status: 'ok' | 'error';

  @ApiProperty({
    description: 'Result of each check',
    type: 'object',
    additionalProperties: { $ref: getSchemaPath(CheckResponse) },
    example: { database: { status: 'up' } },
  })
  checks: Record<string, CheckResponse>;
}
