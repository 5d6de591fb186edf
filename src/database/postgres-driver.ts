import { Pool, type ClientBase, type PoolConfig } from 'pg';
import type { DataSource } from 'typeorm';
import { BoundedClient, type ConnectionLimits } from './bounded-client';

/** What TypeORM takes for the pg package (its option `driver`). It knows the pool that was made last. */
export interface PostgresDriver {
  readonly Pool: typeof Pool;
  pool?: Pool;
}

/** A driver whose pools hold connections with these limits. */
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

/** The pool waits for it, which its types do not know. */
function open(client: ClientBase): unknown {
  return (client as BoundedClient).open();
}

/** The pool of an initialized data source whose options name such a driver. */
export function poolOf({ options }: DataSource): Pool {
  const { driver } = options as { readonly driver?: PostgresDriver };
  if (!driver?.pool) throw new Error('the data source has no pool');
  return driver.pool;
}
