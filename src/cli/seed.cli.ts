import 'reflect-metadata';
import { commandErrorText } from '../common/system-error';
import { loadConfiguration } from '../config/configuration';
import { processEnvironment } from '../config/environment';
import { prepareDatabase } from '../database/migrate';

const OUTCOMES = {
  created: 'created',
  kept: 'kept, it is there',
  removed: 'left out: it was seeded before and has been removed or renamed since (--restore makes it again)',
} as const;

const HELP = `npm run seed [-- --restore]

Makes the default teams and domains that this database never had, after any pending migrations.
--restore  also makes those again that were removed or renamed since.
`;

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) {
    process.stdout.write(HELP);
    return;
  }
  const environment = processEnvironment();
  const { database } = loadConfiguration(environment.variables, environment);
  if (database.url === undefined) throw new Error('DATABASE_URL is not set');
  const { migrations, seeds } = await prepareDatabase(database.migrationUrl ?? database.url, {
    servingUrl: database.migrationUrl === undefined ? undefined : database.url,
    restoreSeeds: args.includes('--restore'),
  });
  for (const name of migrations) process.stdout.write(`migration ${name}: run\n`);
  for (const { key, outcome } of seeds)
    process.stdout.write(`${key.replace(':', ' ')}: ${OUTCOMES[outcome]}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${commandErrorText(error)}\n`);
  process.exitCode = 1;
});
