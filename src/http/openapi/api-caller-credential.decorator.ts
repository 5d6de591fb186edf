import { applyDecorators } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { Scope } from '../../security/permissions';
import { CLIENT_BASIC, SERVICE_KEY } from './security-schemes';

/** Documents the credential of a service that a public route can be configured to ask for, beside the security of its class. */
export function ApiCallerCredential(scope: Scope) {
  return applyDecorators(ApiSecurity(CLIENT_BASIC.name, [scope]), ApiSecurity(SERVICE_KEY.name, [scope]));
}
