import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** Until when a code that was asked for is good. */
@ApiSchema({ name: 'CodeRequested', description: 'A code was asked for.' })
export class CodeRequestedResponse {
  /**
   * When the code expires
   * @example '2026-11-24T09:30:00.000Z'
   */
  @ApiProperty({ format: 'date-time' })
  expires_at: string;
}

/** Says nothing. */
@ApiSchema({ name: 'Accepted', description: 'The request was taken; the answer tells nothing.' })
export class AcceptedResponse {}
