import { applyDecorators, UseInterceptors, type Type } from '@nestjs/common';
import { ApiCreatedResponse, ApiHeader, ApiOkResponse } from '@nestjs/swagger';
import { EntityTagInterceptor } from '../entity-tag.interceptor';

const ETAG = {
  description: 'Changes with the resource; send it as If-Match with a change',
  required: true,
  schema: { type: 'string' as const },
  example: '"2Kq0bXk3mJt8s1vRZ9wY4Q"',
};

/** A route that answers one resource with its `ETag`. */
export const ApiTagged = (type: Type, description: string) =>
  applyDecorators(
    UseInterceptors(EntityTagInterceptor),
    ApiOkResponse({ type, description, headers: { ETag: ETAG } }),
  );

/** A route that answers the resource that it has made, with its `ETag` and its `Location`. */
export const ApiTaggedCreation = (type: Type, description: string) =>
  applyDecorators(
    UseInterceptors(EntityTagInterceptor),
    ApiCreatedResponse({
      type,
      description,
      headers: {
        ETag: ETAG,
        Location: { description: 'Path of the resource', required: true, schema: { type: 'string' } },
      },
    }),
  );

/** The same of what is part of another resource, and has no path to be read from. */
export const ApiTaggedPart = (type: Type, description: string) =>
  applyDecorators(
    UseInterceptors(EntityTagInterceptor),
    ApiCreatedResponse({ type, description, headers: { ETag: ETAG } }),
  );

/** A change that takes `If-Match`; name `precondition-failed` among its problems. */
export const ApiIfMatch = () =>
  ApiHeader({
    name: 'If-Match',
    description:
      'The ETag of the resource as the caller knows it: refused with 412 when it has changed since',
    required: false,
    schema: { type: 'string' },
  });

/** A creation that takes `Idempotency-Key`; name `request-in-progress` and `idempotency-key-reused` among its problems. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    description:
      'Chosen by the caller, 1 to 255 printable ASCII characters: a repetition within 24 hours gets the answer of the first request, with every secret in it null',
    required: false,
    schema: { type: 'string', maxLength: 255 },
  });
