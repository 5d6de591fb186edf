import { Module } from '@nestjs/common';
import { ChangeFeed } from './change-feed';

/** Changes of the database, as they are committed by anybody. */
@Module({ providers: [ChangeFeed], exports: [ChangeFeed] })
export class ChangesModule {}
