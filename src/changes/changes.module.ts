import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ChangeFeed } from './change-feed';
import { HeardChangesInterceptor } from './heard-changes.interceptor';

/** Changes of the database, as they are committed by anybody. */
@Module({
  providers: [ChangeFeed, { provide: APP_INTERCEPTOR, useClass: HeardChangesInterceptor }],
  exports: [ChangeFeed],
})
export class ChangesModule {}
