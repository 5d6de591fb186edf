import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import type { ServicePrincipal } from '../../security/principal';
import { ServiceAuthenticator } from '../../service-accounts/service-authenticator';
import { serviceKeyOf } from '../service-key-credential';

/** Owns every request with a service key, as a bearer token or as the password of HTTP Basic. */
@Injectable()
export class ServiceKeyStrategy extends PassportStrategy(Strategy, 'service-key') {
  constructor(private readonly services: ServiceAuthenticator) {
    super();
  }

  async validate(request: Request): Promise<ServicePrincipal | null> {
    const credential = serviceKeyOf(request);
    return credential ? this.services.authenticateKey(credential.key, credential.accountId) : null;
  }
}
