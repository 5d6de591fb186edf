import type { RequestHandler } from 'express';
import { AppError } from '../common/errors/app-error';
import type { RouteTable } from './route-table';

/**
 * Refuses a method that a path without parameters does not support, such as `PATCH /teams/all`: the router would take the
 * path for one of `/teams/:id`, and that route refuse the id.
 */
export function exactPaths(routes: RouteTable): RequestHandler {
  return (request, _response, next) => {
    const allow = routes.methodsOfExactly(request.path);
    if (allow.length === 0 || allow.includes(request.method)) return next();
    next(new AppError('method-not-allowed', { allow }));
  };
}
