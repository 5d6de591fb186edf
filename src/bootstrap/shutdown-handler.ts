import type { HttpConfig } from '../config/http.config';
import { stopDevelopmentDatabase } from './development-database';
import { exitWithError } from './exit-with-error';
import { shutDown } from './shutdown';
import { STOP_SIGNALS } from './stop-signals';
import type { Started } from './start-service';

/** A shutdown that exceeds its own limits by this time is forced. */
const STOP_MARGIN_MS = 5_000;

/** Shuts down gracefully and exits with a status; only the first call has an effect. */
export type ShutdownHandler = (status: number) => void;

/** Creates the handler that stops what has been started by the time of the call. */
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

/** Shuts down with status 0 on a signal. */
export function stopOnSignals(stop: ShutdownHandler): void {
  for (const signal of STOP_SIGNALS) process.on(signal, () => stop(0));
}

/** Last resort: logs an uncaught error, and shuts down with status 1. */
export function stopOnUnexpectedErrors(started: Started, stop: ShutdownHandler): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      started.logger?.fatal({ err: error }, 'unexpected error: the service stops');
      if (started.app) stop(1);
      else exitWithError(error);
    });
  }
}
