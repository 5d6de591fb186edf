import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ArrayMinSize, IsArray, IsIn, IsString, ValidateIf } from 'class-validator';
import { MAX_READ_TOKEN_LENGTH } from '../../tokens/compact-jws';

/** Whose tokens there are. */
const TOKEN_HOLDERS = ['user', 'service'] as const;
export type TokenHolder = (typeof TOKEN_HOLDERS)[number];

const ACCEPT_RULE = { message: 'must be a list of user, service or both' };

/** The token to validate. */
@ApiSchema({ description: 'The token to validate.' })
export class ValidateRequest {
  /**
   * The token without the `Bearer` prefix; one longer than 12 KiB is not valid
   * @example 'eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl'
   */
  @ApiProperty({ maxLength: MAX_READ_TOKEN_LENGTH })
  @IsString({ message: 'must be a token (a string)' })
  token: string;

  /** Whose tokens are valid; without it, those of users. A key of a service counts as its token */
  @ApiProperty({
    required: false,
    type: 'array',
    minItems: 1,
    items: { type: 'string', enum: [...TOKEN_HOLDERS] },
    example: ['user', 'service'],
  })
  @ValidateIf(({ accept }: ValidateRequest) => accept !== undefined)
  @IsArray(ACCEPT_RULE)
  @ArrayMinSize(1, ACCEPT_RULE)
  @IsIn(TOKEN_HOLDERS, { ...ACCEPT_RULE, each: true })
  accept?: TokenHolder[];
}
