export { createAuthClient } from './create-auth-client';
export { AuthUnavailableError, type UnavailableReason } from './errors';
export type { Domain, EffectiveDomain, Membership, UserContext } from './api-types';
export type {
  AuthClient,
  AuthClientHooks,
  AuthClientOptions,
  AuthMode,
  Need,
  OfflineOptions,
  ServiceVerification,
  TokenKind,
  Verification,
  VerifyOptions,
} from './types';
