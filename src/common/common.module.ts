import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock';
import { ShutdownState } from './shutdown-state';

/** Providers of the process rather than of a feature. */
@Global()
@Module({
  providers: [ShutdownState, { provide: Clock, useClass: SystemClock }],
  exports: [Clock, ShutdownState],
})
export class CommonModule {}
