import type { Type } from '@nestjs/common';
import type { DevelopmentConfig } from '../../config/development.config';
import type { FederationConfig } from '../../config/federation.config';
import type { AuthenticationMethod } from '../../security/principal';
import { DevHeaderStrategy } from './dev-header.strategy';
import { LocalJwtStrategy } from './local-jwt.strategy';
import { OidcStrategy } from './oidc.strategy';
import { ServiceKeyStrategy } from './service-key.strategy';

/** A strategy and its name in passport. */
interface NamedStrategy {
  readonly name: AuthenticationMethod | 'service-key';
  readonly strategy: Type;
}

/** The strategies that the configuration enables, in order. The others are not constructed. */
export function strategyChain(
  { devHeaders }: Pick<DevelopmentConfig, 'devHeaders'>,
  { issuers }: Pick<FederationConfig, 'issuers'>,
): readonly NamedStrategy[] {
  const chain: NamedStrategy[] = [
    { name: 'service-key', strategy: ServiceKeyStrategy },
    { name: 'local-jwt', strategy: LocalJwtStrategy },
  ];
  if (devHeaders) chain.unshift({ name: 'dev-header', strategy: DevHeaderStrategy });
  if (issuers.length > 0) chain.push({ name: 'oidc', strategy: OidcStrategy });
  return chain;
}
