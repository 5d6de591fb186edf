import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { withTimeout } from '../common/deadline';
import { traceWith } from '../common/tracing/tracing';
import { TracingConfig } from '../config/tracing.config';
import { openTelemetry } from './open-telemetry';

/** Limit for the last spans at stop. */
const FLUSH_LIMIT_MS = 2_000;

/** Exports traces to a collector while the service runs. */
@Injectable()
export class TraceExport implements OnModuleInit, OnApplicationShutdown {
  private close: (() => Promise<void>) | undefined;

  constructor(private readonly config: TracingConfig) {}

  /** Loads OpenTelemetry, which takes a quarter of a second and is needed only here. */
  async onModuleInit(): Promise<void> {
    const { tracer, close } = await openTelemetry(this.config);
    this.close = close;
    traceWith(tracer);
  }

  async onApplicationShutdown(): Promise<void> {
    traceWith(undefined);
    const late = () => new Error('the collector did not take the last spans in time');
    await withTimeout(FLUSH_LIMIT_MS, this.close?.() ?? Promise.resolve(), late).catch(() => undefined);
  }
}
