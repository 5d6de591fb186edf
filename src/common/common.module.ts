import { Global, Module } from '@nestjs/common';
import { RouteTable } from './http/route-table';
import { Lifecycle } from './lifecycle';

/** What belongs to the process rather than to a feature. */
@Global()
@Module({ providers: [Lifecycle, RouteTable], exports: [Lifecycle, RouteTable] })
export class CommonModule {}
