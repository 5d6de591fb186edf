import { Pool, type ClientBase, type PoolConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { gauge, histogram } from '../common/metrics/instruments';
import { BoundedClient, type ConnectionLimits } from './bounded-client';

const CONNECTIONS = gauge(
  'auth_database_pool_connections',
  'Connections of the pool that are idle and in use, and requests that wait for one',
  ['state'],
);
const WAIT = histogram(
  'auth_database_pool_wait_seconds',
  'Time in which a connection was taken from the pool, or the wait was given up',
  [],
  [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2],
);

/** Replaces the pg package for TypeORM (its option `driver`). Keeps the pool created last. */
export interface PostgresDriver {
  readonly Pool: typeof Pool;
  pool?: Pool;
}

/** A driver whose pools create connections with these limits. */
export function postgresDriver(limits: ConnectionLimits): PostgresDriver {
  class LimitedClient extends BoundedClient {
    constructor(config?: PoolConfig) {
      super(limits, config);
    }
  }
  const driver: PostgresDriver = {
    Pool: class extends Pool {
      constructor(options?: PoolConfig) {
        super({ ...options, Client: LimitedClient, onConnect: open });
        driver.pool = this;
        if (limits.isMeasured) measure(this);
      }
    },
  };
  return driver;
}

/** Makes a pool tell how full it is, and how long connections are waited for. */
function measure(pool: Pool): void {
  CONNECTIONS.from(() => [
    [pool.idleCount, 'idle'],
    [pool.totalCount - pool.idleCount, 'used'],
    [pool.waitingCount, 'waiting'],
  ]);
  const connect = pool.connect.bind(pool) as (...parameters: unknown[]) => unknown;
  pool.connect = (...parameters: unknown[]): never => {
    const start = performance.now();
    const stop = () => WAIT.observeSince(start);
    const [callback] = parameters;
    if (typeof callback === 'function') {
      parameters[0] = (...outcome: unknown[]) => {
        stop();
        (callback as (...rest: unknown[]) => void)(...outcome);
      };
    }
    const result = connect(...parameters);
    if (result instanceof Promise) result.then(stop, stop);
    return result as never;
  };
}

/** The pool awaits it, although its types do not say so. */
function open(client: ClientBase): unknown {
  return (client as BoundedClient).open();
}

/** The pool of an initialized data source whose options name such a driver. */
export function poolOf({ options }: DataSource): Pool {
  const { driver } = options as { readonly driver?: PostgresDriver };
  if (!driver?.pool) throw new Error('the data source has no pool');
  return driver.pool;
}
