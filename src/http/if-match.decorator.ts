import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { Precondition } from './entity-tag';

/** Parameter of a handler: what its `If-Match` asks for. Document it by `@ApiIfMatch()`. */
export const IfMatch = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Precondition =>
    new Precondition(context.switchToHttp().getRequest<Request>().headers['if-match']),
);
