import { oneOf } from './rules';
import { setting, type ValuesOf } from './setting';

export const RUNTIME_SETTINGS = {
  environment: setting(
    'NODE_ENV',
    oneOf('development', 'test', 'production').default('development'),
    '`production` enables the strict rules',
  ),
};

/** The environment, on which rules and defaults of other rooms depend. */
export type Runtime = ValuesOf<typeof RUNTIME_SETTINGS>;
