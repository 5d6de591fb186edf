import { auditEvent, type AuditFacts } from '../audit/audit-event';
import type { EndedRights } from '../identity/user-provisioner';
import type { EndReason } from '../sessions/end-reason';

interface IdentityFacts extends AuditFacts {
  readonly issuer: string;
}

interface AccountFacts extends IdentityFacts {
  readonly credentials_revoked: boolean;
  readonly further_subject?: true;
}

interface RefusedIdentityFacts extends IdentityFacts {
  /** The code of the problem that the caller receives. */
  readonly code: string;
  /** The reason in the log. */
  readonly reason: string | undefined;
}

interface EndedRightsFacts extends AuditFacts, Pick<EndedRights, 'teams' | 'domains'> {
  readonly reason: EndReason;
  /** The platform role that the user had; absent when none. */
  readonly role?: string;
  /** Issuers of the identities that were unlinked. */
  readonly identities: readonly string[];
}

export const IDENTITY_CREATED = auditEvent<AccountFacts>('auth.identity.created', 'success', {
  isByUser: true,
});
export const IDENTITY_LINKED = auditEvent<AccountFacts>('auth.identity.linked', 'success', {
  isByUser: true,
});
export const IDENTITY_REFUSED = auditEvent<RefusedIdentityFacts>('auth.identity.refused', 'denied', {
  mayBeMissed: true, // a token is refused whether or not that can be written
});
export const RIGHTS_ENDED = auditEvent<EndedRightsFacts>('auth.rights.ended', 'success');
export const PROVIDER_TOKEN_ENDED = auditEvent<IdentityFacts>('auth.provider-token.ended', 'success');
