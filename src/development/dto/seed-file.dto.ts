import { Transform, Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsOptional, Matches, ValidateNested } from 'class-validator';
import { IsPasswordText } from '../../passwords/password-text';
import { IsDisplayName } from '../../common/validation/text-rules';
import { IsEmailAddress } from '../../users/email';

const MOST_ROWS = 10_000;
const ROLES = ['owner', 'admin', 'member'] as const;

/** A team of the file. */
export class SeedTeam {
  @IsDisplayName()
  name: string;

  @IsOptional()
  @IsDisplayName()
  external_ref?: string | null;
}

/** A domain of the file, with those below it. */
export class SeedDomain {
  @Matches(/^[a-z0-9][a-z0-9-]{0,62}$/, {
    message: 'must be 1 to 63 characters of a-z, 0-9 and "-", and must not begin with "-"',
  })
  key: string;

  @IsDisplayName()
  name: string;

  @IsOptional()
  @IsArray({ message: 'must be a list of domains' })
  @ArrayMaxSize(MOST_ROWS)
  @ValidateNested({ each: true, message: 'must be an object' })
  @Type(() => SeedDomain)
  children?: SeedDomain[];
}

/** A user's place in a team: its name, or an object with a role as well. */
export class SeedMembership {
  @IsDisplayName()
  name: string;

  @IsOptional()
  @IsIn(ROLES, { message: `must be one of ${ROLES.join(', ')}` })
  role?: (typeof ROLES)[number] | null;
}

/** A user of the file. */
export class SeedUser {
  @IsEmailAddress()
  email: string;

  @IsDisplayName()
  name: string;

  @IsOptional()
  @IsPasswordText()
  password?: string | null;

  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  email_verified?: boolean;

  @IsOptional()
  @IsArray({ message: 'must be a list of team names or of { name, role }' })
  @ArrayMaxSize(MOST_ROWS)
  @Transform(({ value }) => named(value), { toClassOnly: true })
  @ValidateNested({ each: true, message: 'must be a team name or { name, role }' })
  @Type(() => SeedMembership)
  teams?: SeedMembership[];

  @IsOptional()
  @IsArray({ message: 'must be a list of domain keys' })
  @ArrayMaxSize(MOST_ROWS)
  @IsDisplayName({ each: true, message: 'must be a list of domain keys' })
  domains?: string[];
}

/** The whole file. */
export class SeedFile {
  @IsOptional()
  @IsArray({ message: 'must be a list of teams' })
  @ArrayMaxSize(MOST_ROWS)
  @ValidateNested({ each: true, message: 'must be an object' })
  @Type(() => SeedTeam)
  teams?: SeedTeam[];

  @IsOptional()
  @IsArray({ message: 'must be a list of domains' })
  @ArrayMaxSize(MOST_ROWS)
  @ValidateNested({ each: true, message: 'must be an object' })
  @Type(() => SeedDomain)
  domains?: SeedDomain[];

  @IsOptional()
  @IsArray({ message: 'must be a list of people' })
  @ArrayMaxSize(MOST_ROWS)
  @ValidateNested({ each: true, message: 'must be an object' })
  @Type(() => SeedUser)
  people?: SeedUser[];
}

/** Team names as objects with a name. */
function named(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown) =>
    typeof item === 'string' ? Object.assign(new SeedMembership(), { name: item }) : item,
  );
}
