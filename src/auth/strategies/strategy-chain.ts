import type { AuthenticationMethod } from '../../security/principal';
import type { AuthConfig } from '../../config/auth.config';

/** The strategies that a configuration turns on, in the order in which they are asked. */
export function strategyChain({
  devHeaders,
  oidc,
}: Pick<AuthConfig, 'devHeaders' | 'oidc'>): AuthenticationMethod[] {
  const chain: AuthenticationMethod[] = ['local-jwt'];
  if (devHeaders) chain.unshift('dev-header');
  if (oidc) chain.push('oidc');
  return chain;
}
