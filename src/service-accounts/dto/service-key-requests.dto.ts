import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsId } from '../../common/validation/id';
import { invalidInput } from '../../common/errors/invalid-input';
import { parseMoment } from '../../common/moment';
import { IsOptionalMember } from '../../common/validation/optional-member';
import { IsDisplayName, stringRule } from '../../common/validation/text-rules';
import { ServiceAccountIdParam } from './service-account-requests.dto';

/** What an expiry has to be. */
export const EXPIRY_RULE = 'must be a time in the future such as 2027-11-27T09:30:00Z';
const IsMoment = stringRule('isMoment', EXPIRY_RULE, (value) => parseMoment(value) !== undefined);

/** Names a key of a service account in the path. */
export class ServiceKeyParam extends ServiceAccountIdParam {
  /**
   * The `id` of the key
   * @example '1f0a7c7e-6a53-4d53-9f2f-5a0f1c9c2b44'
   */
  @ApiProperty({ format: 'uuid' })
  @IsId('a key')
  key_id: string;
}

/** A key to be. */
@ApiSchema({ name: 'ServiceKeyCreate', description: 'A new key.' })
export class ServiceKeyCreateRequest {
  /**
   * What the key is for
   * @example 'production, from November'
   */
  @ApiProperty({ type: String, nullable: true, minLength: 1, maxLength: 200 })
  @IsOptionalMember()
  @IsDisplayName()
  name?: string;

  /**
   * When it expires; without it never
   * @example '2036-01-31T09:30:00Z'
   */
  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  @IsOptionalMember()
  @IsMoment()
  expires_at?: string;
}

/** The moment of a valid `expires_at`; refuses the past with `invalid-input`. */
export function requireFuture(text: string): Date {
  const moment = parseMoment(text);
  if (!moment || moment.getTime() <= Date.now()) {
    throw invalidInput([{ pointer: '#/expires_at', detail: EXPIRY_RULE }]);
  }
  return moment;
}
