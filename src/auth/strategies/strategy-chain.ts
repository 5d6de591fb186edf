import type { AuthenticationMethod } from '../../common/security/principal';
import type { AuthConfig } from '../../config/auth.config';

/** The strategies that a configuration turns on, in the order in which they are asked. */
export function strategyChain(config: Pick<AuthConfig, 'devHeaders' | 'oidc'>): AuthenticationMethod[] {
  return [...(config.devHeaders ? (['dev-header'] as const) : []), 'local-jwt'];
}
