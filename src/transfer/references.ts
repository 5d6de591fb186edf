import type { RecordFault, TeamReference } from './user-record';

/** Teams and domains of the database, by what lines call them. */
export interface ReferenceRows {
  readonly teams: readonly {
    readonly id: string;
    readonly name: string;
    readonly external_ref: string | null;
    readonly is_default: boolean;
  }[];
  readonly domains: readonly { readonly id: string; readonly key: string; readonly is_default: boolean }[];
}

/** A membership to make. */
export interface Membership {
  readonly teamId: string;
  readonly role: TeamReference['role'];
}

/** Finds the teams and domains that lines name. */
export class References {
  private readonly teamsByName: ReadonlyMap<string, string>;
  private readonly teamsByRef: ReadonlyMap<string, string>;
  private readonly domainsByKey: ReadonlyMap<string, string>;
  readonly defaultTeams: readonly Membership[];
  readonly defaultDomains: readonly string[];

  constructor({ teams, domains }: ReferenceRows) {
    this.teamsByName = new Map(teams.map(({ id, name }) => [name, id]));
    this.teamsByRef = new Map(
      teams.flatMap(({ id, external_ref }) => (external_ref === null ? [] : [[external_ref, id]])),
    );
    this.domainsByKey = new Map(domains.map(({ id, key }) => [key, id]));
    this.defaultTeams = teams.filter((team) => team.is_default).map(({ id }) => ({ teamId: id, role: null }));
    this.defaultDomains = domains.filter((domain) => domain.is_default).map(({ id }) => id);
  }

  /** One membership of each team; the first of several counts. */
  teams(named: readonly TeamReference[]): readonly Membership[] | RecordFault {
    const found = new Map<string, Membership>();
    for (const { name, externalRef, role } of named) {
      const teamId = name === undefined ? this.teamsByRef.get(externalRef ?? '') : this.teamsByName.get(name);
      if (teamId === undefined) return { field: 'teams', reason: 'names a team that does not exist' };
      if (!found.has(teamId)) found.set(teamId, { teamId, role });
    }
    return [...found.values()];
  }

  domains(keys: readonly string[]): readonly string[] | RecordFault {
    const ids = keys.map((key) => this.domainsByKey.get(key));
    if (ids.includes(undefined)) return { field: 'domains', reason: 'names a domain that does not exist' };
    return [...new Set(ids.filter((id) => id !== undefined))];
  }
}
