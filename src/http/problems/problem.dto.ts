import { ApiProperty, ApiSchema } from '@nestjs/swagger';

/** One invalid field of the input. */
@ApiSchema({ name: 'InputFault', description: 'One invalid field of the input.' })
export class InputFaultDto {
  /**
   * JSON Pointer to the field, as a URI fragment
   * @example '#/email'
   */
  @ApiProperty({ format: 'uri-reference' })
  pointer: string;

  /**
   * What is wrong and what is allowed
   * @example 'must be an e-mail address such as name@example.com'
   */
  detail: string;
}

/** An error (RFC 9457). */
@ApiSchema({ name: 'Problem', description: 'An error (RFC 9457).' })
export class ProblemDto {
  /**
   * Identifies the problem type
   * @example 'urn:problem-type:promptstack-auth:invalid-input'
   */
  @ApiProperty({ format: 'uri' })
  type: string;

  /**
   * Short summary of the problem type
   * @example 'Invalid input'
   */
  title: string;

  /**
   * The HTTP status
   * @example 400
   */
  @ApiProperty({ type: 'integer', format: 'int32', minimum: 400, maximum: 599 })
  status: number;

  /**
   * Human-readable explanation
   * @example 'email must be an e-mail address such as name@example.com'
   */
  detail: string;

  /**
   * Path of the request
   * @example '/auth/register'
   */
  @ApiProperty({ format: 'uri-reference' })
  instance?: string;

  /**
   * Stable machine-readable code; further codes may be added
   * @example 'invalid-input'
   */
  code: string;

  /**
   * Identifies this request in the logs
   * @example '3f0c0a52-5d0e-4cf3-9b7f-5f1f6f3a8f0e'
   */
  request_id: string;

  /** The fields at fault, when the input is */
  errors?: InputFaultDto[];
}
