import { ApiProperty, ApiSchema } from '@nestjs/swagger';

export const OUTCOMES = ['success', 'failure', 'denied'] as const;

const USER = { kind: 'user', id: '8c5f2c1e-6a3c-4a39-9a51-0d1c6f1f3b52' };

/** Who acted, or what was acted on. */
@ApiSchema({ description: 'Who acted, or what was acted on.' })
export class AuditReference {
  /** @example 'user' */
  kind: string;

  /** @example '8c5f2c1e-6a3c-4a39-9a51-0d1c6f1f3b52' */
  id: string;
}

/** Where a request came from. */
@ApiSchema({ description: 'Where a request came from.' })
export class AuditSource {
  /** @example '203.0.113.7' */
  ip: string | null;

  /** @example 'Mozilla/5.0' */
  user_agent: string | null;
}

/** A security event. */
@ApiSchema({ description: 'A security event. It holds ids, no addresses and no secrets.' })
export class AuditEventResponse {
  /** @example '0b7e0d0c-58f1-4f0b-9d4b-0b1f9f0a6c11' */
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** @example '2026-11-27T09:30:00.123Z' */
  @ApiProperty({ format: 'date-time' })
  time: string;

  /** @example 'auth.login.failed' */
  type: string;

  @ApiProperty({ enum: OUTCOMES })
  outcome: (typeof OUTCOMES)[number];

  /** The `X-Request-Id` of the request */
  request_id: string | null;

  /** Who acted; null where nobody is known */
  @ApiProperty({ type: AuditReference, nullable: true, example: USER })
  actor: AuditReference | null;

  /** Of a failed sign-in, the user of the address */
  @ApiProperty({ type: AuditReference, nullable: true, example: USER })
  target: AuditReference | null;

  source: AuditSource;

  /** Changed fields by name; `to` where the value is neither secret nor personal */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  changes: Record<string, unknown> | null;

  /** What else belongs to an event of this type, such as `reason` or `session_id` */
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true })
  details: Record<string, unknown> | null;
}

/** A page of events, newest first. */
@ApiSchema({ description: 'A page of events, newest first.' })
export class AuditEventPage {
  items: AuditEventResponse[];

  /** Leads to the next page; null on the last one */
  next_cursor: string | null;
}
