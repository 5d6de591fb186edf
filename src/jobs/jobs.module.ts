import { Module } from '@nestjs/common';
import { JobsService } from './jobs.service';

/** Periodic jobs, each run by one replica at a time. */
@Module({ providers: [JobsService], exports: [JobsService] })
export class JobsModule {}
