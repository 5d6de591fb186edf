import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { markOptionalBody } from '../optional-body';

/** Makes the body `dto` of the method optional, and documents that. Otherwise a missing body is answered with 400. */
export function OptionalBody(dto: Type): MethodDecorator {
  markOptionalBody(dto);
  return applyDecorators(ApiBody({ type: dto, required: false }));
}
