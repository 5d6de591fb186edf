import { ApiProperty } from '@nestjs/swagger';

/** The process runs. */
export class LivenessResponse {
  @ApiProperty({ description: 'Whether all is well', enum: ['ok', 'error'], example: 'ok' })
  status: 'ok' | 'error';

  /** @example 'auth' */
  service: string;

  /** @example '1.0.0' */
  version: string;
}

/** Whether the service works, and what it looked at. */
export class HealthResponse extends LivenessResponse {
  @ApiProperty({
    description: 'What was looked at, each `up` or `down`',
    type: 'object',
    additionalProperties: {
      type: 'object',
      properties: { status: { type: 'string', enum: ['up', 'down'] } },
      required: ['status'],
    },
    example: { database: { status: 'up' } },
  })
  checks: Record<string, { status: string }>;
}
