import { execFileSync } from 'node:child_process';
import { built } from './build';
import { NODE } from './node';

const MAX_DOCUMENT = 16 * 1024 * 1024;

/** A route of the router. */
export interface BuiltRoute {
  readonly method: string;
  readonly path: string;
}

/** The OpenAPI document of the built service, as text. */
export function builtDocument(): string {
  return run('document');
}

/** The routes of the built service, with the documentation on. */
export function builtRoutes(): BuiltRoute[] {
  return JSON.parse(run('routes')) as BuiltRoute[];
}

function run(command: string): string {
  return execFileSync(NODE, [built('tools/openapi.js'), command], {
    encoding: 'utf8',
    maxBuffer: MAX_DOCUMENT,
  });
}
