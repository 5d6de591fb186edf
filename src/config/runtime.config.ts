import { integer, oneOf } from './rules';
import { setting, type ValuesOf } from './setting';

export const RUNTIME_SETTINGS = {
  environment: setting(
    'NODE_ENV',
    oneOf('development', 'test', 'production').default('development'),
    '`production` enables the strict rules',
  ),
  workers: setting(
    'AUTH_WORKERS',
    integer(1, 64).default(1),
    'Number of processes that share the port, for machines without an orchestrator; one that ends is replaced. Threads that hash, connections of clients and event streams are divided among them; the database pool, the memory for answers and the limits of key sets are those of each',
  ),
};

/** The environment, on which rules and defaults of other rooms depend. */
export type Runtime = ValuesOf<typeof RUNTIME_SETTINGS>;
