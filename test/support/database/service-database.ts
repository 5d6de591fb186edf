import { DataSource } from 'typeorm';
import { DatabaseConfig } from '../../../src/config/database.config';
import { serviceDataSourceOptions } from '../../../src/database/data-source-options';
import { Database } from '../../../src/database/database';
import { ENTITIES } from '../../../src/entities';

/** The service's own way to a database, in this process; whoever opens it destroys the `source`. */
export async function openServiceDatabase(
  url: string,
  { poolSize = 4 }: { readonly poolSize?: number } = {},
): Promise<{ source: DataSource; service: Database }> {
  const config = new DatabaseConfig({
    url,
    poolSize,
    timeoutMs: 5000,
    revocationBoundMs: 2000,
    identityCacheMb: 64,
    migrationUrl: undefined,
    listenUrl: undefined,
  });
  const options = { ...serviceDataSourceOptions(config, url), entities: ENTITIES };
  const source = await new DataSource(options).initialize();
  return { source, service: new Database(source, config) };
}
