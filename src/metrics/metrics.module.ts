import { Module, type DynamicModule } from '@nestjs/common';
import type { MetricsConfig } from '../config/metrics.config';
import { MetricsController } from './metrics.controller';
import { shareMetrics } from './exposition';
import { MetricsListener } from './metrics-listener';

/** Metrics for Prometheus: on the main port, on a port of their own, or closed. */
@Module({})
export class MetricsModule {
  static forRoot({ enabled, port }: MetricsConfig): DynamicModule {
    if (enabled) shareMetrics();
    const isOnMainPort = enabled && port === undefined;
    return {
      module: MetricsModule,
      controllers: isOnMainPort ? [MetricsController] : [],
      providers: enabled && !isOnMainPort ? [MetricsListener] : [],
    };
  }
}
