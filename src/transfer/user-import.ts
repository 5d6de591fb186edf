import type { ImportProgressDisplay } from './import-progress';
import type { ImportCounts, ImportState } from './import-state';
import { readLines, type Line, type Place } from './line-reader';
import { References } from './references';
import type { Refusals } from './refusals';
import type { ImportedUser, UserImportRepository } from './user-import.repository';
import { readUserRecord, type RecordFault, type RecordRules, type UserRecord } from './user-record';

/** Few enough that a sign-in which waits for a batch does not notice, many enough that a commit does not count. */
const BATCH_LINES = 1_000;
const BATCH_CHARACTERS = 1024 * 1024;

/** What an import may do. */
export interface ImportOptions extends RecordRules {
  /** Whether lines whose address exists change that user. */
  readonly update: boolean;
  /** Whether nothing is to be written but the report. */
  readonly dryRun: boolean;
}

/** What an import works with. */
export interface ImportTools {
  readonly repository: UserImportRepository;
  readonly state: ImportState;
  readonly refusals: Refusals;
  readonly display: ImportProgressDisplay;
}

/** What came of an import. */
export interface ImportResult extends ImportCounts {
  readonly lines: number;
  readonly sessionsEnded: number;
}

/** A line that nobody comes from. */
interface RefusedLine {
  readonly line: number;
  readonly faults: readonly RecordFault[];
}

/** Lines that are written in one transaction. */
class Batch {
  readonly users: ImportedUser[] = [];
  readonly refused: RefusedLine[] = [];
  private readonly addresses = new Set<string>();
  private lines = 0;
  private characters = 0;

  constructor(public end: Place) {}

  has(read: ImportedUser | RefusedLine | undefined): boolean {
    return read !== undefined && 'record' in read && this.addresses.has(read.record.email);
  }

  add({ number, text, endOffset }: Line, read: ImportedUser | RefusedLine | undefined): void {
    if (read && 'record' in read) {
      this.users.push(read);
      this.addresses.add(read.record.email);
    } else if (read) this.refused.push(read);
    this.end = { lines: number, offset: endOffset };
    this.lines++;
    this.characters += text?.length ?? 0;
  }

  get isFull(): boolean {
    return this.lines >= BATCH_LINES || this.characters >= BATCH_CHARACTERS;
  }
}

/**
 * Reads a file of users line by line and writes them in batches, each of which is remembered: what is ended at any moment goes on
 * from the last one.
 */
export class UserImport {
  private references = new References({ teams: [], domains: [] });
  private readonly counts: ImportCounts;
  private sessionsEnded = 0;
  private isResumed: boolean;
  private lastId: string | undefined;

  constructor(
    private readonly file: string,
    private readonly options: ImportOptions,
    private readonly tools: ImportTools,
  ) {
    const { former } = tools.state;
    this.counts = former ? { ...former.counts } : { created: 0, updated: 0, skipped: 0, refused: 0 };
    this.lastId = former?.lastId;
    this.isResumed = former !== undefined;
  }

  async run(): Promise<ImportResult> {
    const { repository, state, refusals } = this.tools;
    this.references = new References(await repository.findReferences());
    let place: Place = state.former ?? { lines: 0, offset: 0 };
    let writing: Promise<void> = Promise.resolve();
    for await (const batch of this.batches(place)) {
      await writing; // while it was written, this one was read
      writing = this.write(batch);
      writing.catch(() => undefined); // it is awaited above and below
      place = batch.end;
    }
    await writing;
    refusals.close();
    if (!this.options.dryRun) state.remove();
    return { ...this.counts, lines: place.lines, sessionsEnded: this.sessionsEnded };
  }

  private async *batches(from: Place): AsyncGenerator<Batch> {
    let batch = new Batch(from);
    for await (const line of readLines(this.file, from)) {
      const read = this.read(line);
      // A second line of an address changes what the first one made.
      if (batch.isFull || (this.options.update && batch.has(read))) {
        yield batch;
        batch = new Batch(batch.end);
      }
      batch.add(line, read);
    }
    yield batch;
  }

  /** Undefined for an empty line. */
  private read({ number, text, fault = '' }: Line): ImportedUser | RefusedLine | undefined {
    if (text === undefined) return { line: number, faults: [{ field: undefined, reason: fault }] };
    if (text.trim() === '') return undefined;
    const record = readUserRecord(text, this.options);
    return isFaults(record) ? { line: number, faults: record } : this.resolve(number, record);
  }

  private resolve(line: number, record: UserRecord): ImportedUser | RefusedLine {
    const teams = record.teams && this.references.teams(record.teams);
    const domains = record.domains && this.references.domains(record.domains);
    if ((teams && isFault(teams)) || (domains && isFault(domains)))
      return { line, faults: [teams, domains].filter((found) => found !== undefined).filter(isFault) };
    return { id: this.tools.state.idOf(line), line, record, teams, domains };
  }

  private refuse({ line, faults }: RefusedLine): void {
    this.counts.refused++;
    for (const fault of faults) this.tools.refusals.add(line, fault);
  }

  private async write({ users, refused, end }: Batch): Promise<void> {
    const { state, refusals, display } = this.tools;
    const refusedBelow = this.options.dryRun ? await this.ask(users) : await this.store(users);
    for (const line of [...refused, ...refusedBelow].sort((one, other) => one.line - other.line))
      this.refuse(line);
    const refusedBytes = refusals.flush();
    if (!this.options.dryRun) state.write({ ...end, counts: this.counts, refusedBytes, lastId: this.lastId });
    display.tell(end.lines, end.offset);
  }

  /** Answers the lines that the database refused. */
  private async store(users: readonly ImportedUser[]): Promise<RefusedLine[]> {
    const { repository } = this.tools;
    const { defaultTeams: teams, defaultDomains: domains } = this.references;
    // What the batch made before the import was ended is no user of somebody else.
    const known = this.isResumed ? await repository.findExisting(users.map(({ id }) => id)) : [];
    this.isResumed = false;
    const { created, updated, refused, sessionsEnded } = await repository.write(
      this.options.update ? users : await this.withoutKnown(users),
      { teams, domains },
      this.options,
    );
    this.count(users.length, known.length + created.length, updated, refused.length);
    this.sessionsEnded += sessionsEnded;
    this.lastId = created.at(-1) ?? known.at(-1);
    return refused.map(({ line, fault }) => ({ line, faults: [fault] }));
  }

  /** Those whose address nobody has: what the database would pass over need not be sent whole. */
  private async withoutKnown(users: readonly ImportedUser[]): Promise<readonly ImportedUser[]> {
    const known = await this.tools.repository.findAddresses(users.map(({ record }) => record.email));
    return known.size === 0 ? users : users.filter(({ record }) => !known.has(record.email));
  }

  private async ask(users: readonly ImportedUser[]): Promise<RefusedLine[]> {
    this.count(users.length, await this.tools.repository.countNew(users), 0, 0);
    return [];
  }

  private count(all: number, created: number, updated: number, refused: number): void {
    this.counts.created += created;
    this.counts.updated += updated;
    this.counts.skipped += all - created - updated - refused;
  }
}

function isFaults(read: UserRecord | readonly RecordFault[]): read is readonly RecordFault[] {
  return Array.isArray(read);
}

function isFault(found: object): found is RecordFault {
  return 'reason' in found;
}
