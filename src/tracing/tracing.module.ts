import { Module, type DynamicModule } from '@nestjs/common';
import type { TracingConfig } from '../config/tracing.config';
import { TraceExport } from './trace-export';

/** Traces for an OpenTelemetry collector; nothing where no collector is named. */
@Module({})
export class TracingModule {
  static forRoot({ endpoint }: TracingConfig): DynamicModule {
    return { module: TracingModule, providers: endpoint === undefined ? [] : [TraceExport] };
  }
}
