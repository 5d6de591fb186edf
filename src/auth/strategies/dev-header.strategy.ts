import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { isUtf8 } from 'node:buffer';
import { Strategy } from 'passport-custom';
import type { Request } from 'express';
import { userPrincipal, type AuthenticationMethod, type UserPrincipal } from '../../security/principal';
import { DevHeaderIdentities } from '../../identity/dev-header-identities';

/** Owns a request that says in a header who calls; part of the chain only where the configuration allows it. */
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
    return userPrincipal({ method: 'dev-header', identity, authenticationAge: 0 }); // a claim anew with each request
  }
}

/** Node reads headers as Latin-1; what is UTF-8 underneath is read as that. */
function text(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const bytes = Buffer.from(String(header), 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : String(header);
}
