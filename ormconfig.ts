import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfiguration } from './src/config/configuration';
import { processEnvironment } from './src/config/environment';
import { ENTITIES } from './src/entities';
import { migrationDataSourceOptions } from './src/database/data-source-options';

const environment = processEnvironment();
const { database } = loadConfiguration(environment.variables, environment);

/** What the TypeORM command line works on (`-d dist/ormconfig.js`). */
export default new DataSource({
  ...migrationDataSourceOptions(database.migrationUrl ?? database.url ?? ''),
  entities: ENTITIES,
});
