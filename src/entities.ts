import { EndedProviderToken } from './sessions/ended-provider-token.entity';
import { UserIdentity } from './federation/user-identity.entity';
import { Domain } from './domains/domain.entity';
import { UserDomain } from './domains/user-domain.entity';
import { TeamMembership } from './teams/team-membership.entity';
import { Team } from './teams/team.entity';
import { User } from './users/user.entity';
import { Session } from './sessions/session.entity';
import { ConsumedRefreshToken } from './sessions/consumed-refresh-token.entity';
import { ServiceAccount } from './service-accounts/service-account.entity';
import { ServiceKey } from './service-accounts/service-key.entity';
import { EndedServiceToken } from './service-accounts/ended-service-token.entity';
import { AppliedSeed } from './database/seed/applied-seed.entity';

/** Every entity, named one by one: a file that is not imported here is not part of the schema. */
export const ENTITIES = [
  User,
  Team,
  TeamMembership,
  Domain,
  UserDomain,
  UserIdentity,
  EndedProviderToken,
  Session,
  ConsumedRefreshToken,
  ServiceAccount,
  ServiceKey,
  EndedServiceToken,
  AppliedSeed,
];
