import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { loadConfiguration, processEnvironment } from './src/config/configuration';
import { migrationDataSourceOptions } from './src/database/data-source-options';

const { database } = loadConfiguration(processEnvironment());

/** What the TypeORM command line works on (`-d dist/ormconfig.js`). */
export default new DataSource(migrationDataSourceOptions(database.url ?? ''));
