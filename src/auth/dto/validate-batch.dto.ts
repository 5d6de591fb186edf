import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString } from 'class-validator';
import { InvalidTokenResponse, ValidTokenResponse, type ValidateResponse } from './validate-response.dto';

/** Most tokens of one request. */
export const MAX_TOKENS = 100;
/** Longest body with tokens, in bytes. */
export const MAX_BATCH_BYTES = 1024 * 1024;

/** What `tokens` must be. */
export const TOKENS_RULE = `must be a list of 1 to ${MAX_TOKENS} tokens (strings)`;
const RULE = { message: TOKENS_RULE };

/** The tokens to validate. */
@ApiSchema({ description: 'The tokens to validate.' })
export class ValidateBatchRequest {
  /**
   * The tokens without the `Bearer` prefix; one longer than 12 KiB is not valid
   * @example ['eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl']
   */
  @IsArray(RULE)
  @ArrayMinSize(1, RULE)
  @ArrayMaxSize(MAX_TOKENS, RULE)
  @IsString({ ...RULE, each: true })
  tokens: string[];
}

/** The answers about several tokens. */
@ApiSchema({ description: 'The answers, in the order of the tokens.' })
@ApiExtraModels(ValidTokenResponse, InvalidTokenResponse)
export class ValidateBatchResponse {
  @ApiProperty({
    description: 'An answer for each token, as for a single one',
    type: 'array',
    example: [{ valid: false, user: null, error: 'Invalid or expired token' }],
    items: {
      oneOf: [ValidTokenResponse, InvalidTokenResponse].map((model) => ({ $ref: getSchemaPath(model) })),
    },
  })
  results: ValidateResponse[];
}
