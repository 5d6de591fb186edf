import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PermissionGuard } from './permission.guard';

/** Who may do what. Listed after the module that authenticates: guards run in the order of their modules. */
@Module({ providers: [{ provide: APP_GUARD, useClass: PermissionGuard }] })
export class AccessModule {}
