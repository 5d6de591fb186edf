import { oneOf } from './rules';
import { setting, type ValuesOf } from './setting';

export const RUNTIME_SETTINGS = {
  environment: setting(
    'NODE_ENV',
    oneOf('development', 'test', 'production').default('development'),
    '`production` enables the strict rules',
  ),
};

/** Where the service runs, which the other rooms ask for their rules and defaults. */
export type Runtime = ValuesOf<typeof RUNTIME_SETTINGS>;
