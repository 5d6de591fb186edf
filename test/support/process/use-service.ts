import { useDatabase, type TestDatabase } from '../database/test-database';
import { expectNoServerErrors } from '../http/problem';
import { startService, type Service, type ServiceOptions } from './service';
import { useResource } from './use-resource';

/** How to start the service of some tests. */
export interface UseServiceOptions extends Omit<ServiceOptions, 'databaseUrl' | 'env'> {
  /** Settings; a function, where they are known only when all that is used above has started. */
  readonly env?: Record<string, string> | (() => Record<string, string>);
  /** A provider whose users it lets in, for the audience `app`. */
  readonly provider?: { readonly issuer: string };
  /** Another database than one of its own: that of another replica. */
  readonly database?: TestDatabase;
  /** Whether a test has it answer with a 5xx on purpose; errors of its own are none the less refused. */
  readonly mayAnswer5xx?: boolean;
}

/** A service that runs while the tests do. */
export interface UsedService extends Service {
  readonly database: TestDatabase;
}

/**
 * A service of its own for the tests of a file or a `describe`, on a clone of the template database: started before the first,
 * stopped after the last, when it must have answered nothing with a 5xx and met no error of its own. Files share none: what
 * one counts in tables, logs and limits is its own.
 */
export function useService({
  env = {},
  provider,
  database = useDatabase(),
  mayAnswer5xx = false,
  ...options
}: UseServiceOptions = {}): UsedService {
  let started: Service | undefined;
  const service = (): Service => {
    if (!started) throw new Error('the service runs only within tests and hooks');
    return started;
  };
  useResource(
    async () => {
      const settings = typeof env === 'function' ? env() : env;
      const oidc = provider && { AUTH_OIDC_ISSUER: provider.issuer, AUTH_OIDC_AUDIENCE: 'app' };
      started = await startService({ ...options, databaseUrl: database.url, env: { ...oidc, ...settings } });
    },
    async () => {
      await started?.stop();
      const logs = started?.logs() ?? [];
      expectNoServerErrors({
        logs: () => logs.filter(({ status }) => !mayAnswer5xx || status === undefined),
      });
    },
  );
  return {
    database,
    get url() {
      return service().url;
    },
    get port() {
      return service().port;
    },
    get process() {
      return service().process;
    },
    output: () => service().output(),
    logs: () => service().logs(),
    stop: (signal) => service().stop(signal),
  };
}
