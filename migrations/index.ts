import { CreateIdentityTables1763900000000 } from './1763900000000-create-identity-tables';
import { ForbidDomainCycles1763900000001 } from './1763900000001-forbid-domain-cycles';
import { RememberAppliedSeeds1763900000002 } from './1763900000002-remember-applied-seeds';
import { RememberProvenAddresses1763910000000 } from './1763910000000-remember-proven-addresses';
import { CreateUserIdentities1763910000001 } from './1763910000001-create-user-identities';
import { MarkMembershipsOfProviders1763910000002 } from './1763910000002-mark-memberships-of-providers';
import { CreateSessions1763910000100 } from './1763910000100-create-sessions';
import { IndexLivingSessions1764054000000 } from './1764054000000-index-living-sessions';
import { BindProofsToAddresses1764100000000 } from './1764100000000-bind-proofs-to-addresses';
import { MarkMembershipsByGiver1764100000001 } from './1764100000001-mark-memberships-by-giver';
import { RememberAuthenticationInSessions1764200000000 } from './1764200000000-remember-authentication-in-sessions';
import { RefuseTokensOfBefore1764200000001 } from './1764200000001-refuse-tokens-of-before';
import { CreateEndedProviderTokens1764200000002 } from './1764200000002-create-ended-provider-tokens';
import { PlaceRefreshTokens1764300000000 } from './1764300000000-place-refresh-tokens';
import { IndexEndedSessions1764300000001 } from './1764300000001-index-ended-sessions';
import { NameSubjectClaims1764500000000 } from './1764500000000-name-subject-claims';
import { AllowFurtherSubjects1764500000001 } from './1764500000001-allow-further-subjects';
import { PinSearchPaths1764600000000 } from './1764600000000-pin-search-paths';
import { CountCredentialChanges1764800000000 } from './1764800000000-count-credential-changes';
import { DefineActiveSessions1764800000001 } from './1764800000001-define-active-sessions';
import { AddPlatformRoles1765000000000 } from './1765000000000-add-platform-roles';
import { RestrictTeamRoles1765000000001 } from './1765000000001-restrict-team-roles';
import { DateMemberships1765000000002 } from './1765000000002-date-memberships';
import { DateChangesOfUsers1765000000003 } from './1765000000003-date-changes-of-users';
import { TakeTurns1765000000004 } from './1765000000004-take-turns';
import { KeepLastAdminsAndOwners1765000000005 } from './1765000000005-keep-last-admins-and-owners';
import { KeepDomainsATree1765000000006 } from './1765000000006-keep-domains-a-tree';
import { RestrictDomainKeys1765000000007 } from './1765000000007-restrict-domain-keys';
import { FlagDefaults1765000000008 } from './1765000000008-flag-defaults';
import { RememberDeletedIdentities1765000000009 } from './1765000000009-remember-deleted-identities';
import { CreateUserActivations1765000000010 } from './1765000000010-create-user-activations';
import { CreateIdempotencyKeys1765000000011 } from './1765000000011-create-idempotency-keys';
import { IndexActiveChildren1765000000012 } from './1765000000012-index-active-children';
import { FoldNames1765100000000 } from './1765100000000-fold-names';
import { IndexListsOfUsers1765100000001 } from './1765100000001-index-lists-of-users';
import { IndexUnusualNames1765100000002 } from './1765100000002-index-unusual-names';
import { AnnounceChanges1765200000000 } from './1765200000000-announce-changes';
import { CountGuesses1765300000000 } from './1765300000000-count-guesses';
import { CreateAuditLog1765300000010 } from './1765300000010-create-audit-log';
import { CreateServiceAccounts1765400000000 } from './1765400000000-create-service-accounts';
import { CreateVerificationCodes1765500000000 } from './1765500000000-create-verification-codes';
import { CreateMails1765500000001 } from './1765500000001-create-mails';
import { KeepPathsOfDomains1796000000000 } from './1796000000000-keep-paths-of-domains';
import { CoverListsOfUsers1796000000001 } from './1796000000001-cover-lists-of-users';
import { AnnounceServiceChanges1796200000000 } from './1796200000000-announce-service-changes';
import { PlanAnnouncementsForManyRows1796300000000 } from './1796300000000-plan-announcements-for-many-rows';

/** Every migration, in order. A merged migration never changes; a new one is appended. */
export const migrations = [
  CreateIdentityTables1763900000000,
  ForbidDomainCycles1763900000001,
  RememberAppliedSeeds1763900000002,
  RememberProvenAddresses1763910000000,
  CreateUserIdentities1763910000001,
  MarkMembershipsOfProviders1763910000002,
  CreateSessions1763910000100,
  IndexLivingSessions1764054000000,
  BindProofsToAddresses1764100000000,
  MarkMembershipsByGiver1764100000001,
  RememberAuthenticationInSessions1764200000000,
  RefuseTokensOfBefore1764200000001,
  CreateEndedProviderTokens1764200000002,
  PlaceRefreshTokens1764300000000,
  IndexEndedSessions1764300000001,
  NameSubjectClaims1764500000000,
  AllowFurtherSubjects1764500000001,
  PinSearchPaths1764600000000,
  CountCredentialChanges1764800000000,
  DefineActiveSessions1764800000001,
  AddPlatformRoles1765000000000,
  RestrictTeamRoles1765000000001,
  DateMemberships1765000000002,
  DateChangesOfUsers1765000000003,
  TakeTurns1765000000004,
  KeepLastAdminsAndOwners1765000000005,
  KeepDomainsATree1765000000006,
  RestrictDomainKeys1765000000007,
  FlagDefaults1765000000008,
  RememberDeletedIdentities1765000000009,
  CreateUserActivations1765000000010,
  CreateIdempotencyKeys1765000000011,
  IndexActiveChildren1765000000012,
  FoldNames1765100000000,
  IndexListsOfUsers1765100000001,
  IndexUnusualNames1765100000002,
  AnnounceChanges1765200000000,
  CountGuesses1765300000000,
  CreateAuditLog1765300000010,
  CreateServiceAccounts1765400000000,
  CreateVerificationCodes1765500000000,
  CreateMails1765500000001,
  KeepPathsOfDomains1796000000000,
  CoverListsOfUsers1796000000001,
  AnnounceServiceChanges1796200000000,
  PlanAnnouncementsForManyRows1796300000000,
];
