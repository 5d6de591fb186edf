import type { HttpConfig } from '../config/http.config';
import { stopDevelopmentDatabase } from './development-database';
import { exitWithError } from './exit-with-error';
import { shutDown } from './shutdown';
import type { Started } from './start-service';

/** A stop that has not ended by itself this long after its own limits is ended. */
const STOP_MARGIN_MS = 5_000;

/** The last one comes when the terminal is closed. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Ends the process in order, with a status; only its first call does anything. */
export type ShutdownHandler = (status: number) => void;

/** The handler that ends what has been started by the time it is called. */
export function shutdownHandler(http: HttpConfig, started: Started): ShutdownHandler {
  let stopping = false;
  const stop = async (status: number) => {
    if (stopping) return;
    stopping = true;
    const limit = (http.drainSeconds + http.shutdownGraceSeconds) * 1000 + STOP_MARGIN_MS;
    setTimeout(() => process.exit(1), limit).unref();
    const finished = started.app === undefined || (await shutDown(started.app));
    await stopDevelopmentDatabase(started.embedded);
    process.exit(finished ? status : 1);
  };
  return (status) => void stop(status).catch(exitWithError);
}

/** Stops with status 0 when the process is asked to. */
export function stopOnSignals(stop: ShutdownHandler): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop(0));
}

/** The last resort: logs an error that nothing has caught, and stops with status 1. */
export function stopOnUnexpectedErrors(started: Started, stop: ShutdownHandler): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      started.logger?.fatal({ err: error }, 'unexpected error: the service stops');
      if (started.app) stop(1);
      else exitWithError(error);
    });
  }
}
