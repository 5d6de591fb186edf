import { Pool, type ClientBase, type PoolConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { BoundedClient, type ConnectionLimits } from './bounded-client';

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
      }
    },
  };
  return driver;
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
