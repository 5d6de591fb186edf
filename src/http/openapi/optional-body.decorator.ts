import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody } from '@nestjs/swagger';
import { markOptionalBody } from '../optional-body';

/** Lets requests come without the body `dto` of the method, and documents that. Without this, no body is 400. */
export function OptionalBody(dto: Type): MethodDecorator {
  markOptionalBody(dto);
  return applyDecorators(ApiBody({ type: dto, required: false }));
}
