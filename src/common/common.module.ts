import { Global, Module } from '@nestjs/common';
import { RouteTable } from './http/route-table';
import { Lifecycle } from './lifecycle';
import { Audit } from './logging/audit';

/** What belongs to the process rather than to a feature. */
@Global()
@Module({ providers: [Audit, Lifecycle, RouteTable], exports: [Audit, Lifecycle, RouteTable] })
export class CommonModule {}
