import './bootstrap/node-version-check';
import 'reflect-metadata';
import { withDevelopmentSecret } from './bootstrap/development-secret';
import { exitWithError } from './bootstrap/exit-with-error';
import { onParentExit } from './bootstrap/on-parent-exit';
import { shutdownHandler, stopOnSignals, stopOnUnexpectedErrors } from './bootstrap/shutdown-handler';
import { startService, type Started } from './bootstrap/start-service';
import { isSupervisor, superviseWorkers } from './bootstrap/workers';
import { loadConfiguration } from './config/configuration';
import { processEnvironment } from './config/environment';

async function main(): Promise<void> {
  // The reader of our output may exit first.
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
  const environment = withDevelopmentSecret(processEnvironment());
  const configuration = loadConfiguration(environment.variables, environment);
  if (isSupervisor(configuration)) return superviseWorkers(configuration, environment.variables);
  const started: Started = {};
  const stop = shutdownHandler(configuration.http, started);
  stopOnSignals(stop);
  stopOnUnexpectedErrors(started, stop);
  const byNpm = environment.variables.npm_lifecycle_event !== undefined;
  if (byNpm && !configuration.http.production) onParentExit(() => stop(0));
  await startService(configuration, started);
}

main().catch(exitWithError);
