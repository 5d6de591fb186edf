import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { isUtf8 } from 'node:buffer';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import { userPrincipal, type AuthenticationMethod, type UserPrincipal } from '../../security/principal';
import { DevHeaderIdentities } from '../../identity/dev-header-identities';

/** Owns a request that names its user in a development header; part of the chain only if the configuration enables it. */
@Injectable()
export class DevHeaderStrategy extends PassportStrategy(
  Strategy,
  'dev-header' satisfies AuthenticationMethod,
) {
  constructor(private readonly identities: DevHeaderIdentities) {
    super();
  }

  async validate({ headers }: Request): Promise<UserPrincipal | null> {
    const email = headers['x-user-email'];
    const name = headers['x-user-name'];
    if (email === undefined && name === undefined) return null;
    const identity = await this.identities.resolve(text(email), text(name));
    return userPrincipal({ method: 'dev-header', identity, authenticationAge: 0 }); // asserted anew by each request
  }
}

/** Node decodes headers as Latin-1; bytes that are valid UTF-8 are decoded as UTF-8. */
function text(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(String(header), 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : String(header);
}
