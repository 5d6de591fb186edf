import { Module } from '@nestjs/common';
import { JwksModule } from '../jwks/jwks.module';
import { UnexpectedClaims } from '../unexpected-claims';
import { UserinfoService } from './userinfo.service';

/** Claims that a provider gives at its userinfo endpoint, and the reporter of claims of another form. */
@Module({
  imports: [JwksModule],
  providers: [UnexpectedClaims, UserinfoService],
  exports: [UnexpectedClaims, UserinfoService],
})
export class UserinfoModule {}
