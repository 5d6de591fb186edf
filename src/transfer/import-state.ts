import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { isJsonObject, parseJson } from '../common/json-object';
import type { Place } from './line-reader';

const VERSION = 1;

/** What has become of the lines so far. */
export interface ImportCounts {
  created: number;
  updated: number;
  /** The address existed, or came before in the file. */
  skipped: number;
  refused: number;
}

/** How far an import has come. */
export interface ImportProgress extends Place {
  readonly counts: ImportCounts;
  /** Of the report of refused lines. */
  readonly refusedBytes: number;
  /** Of a user whom the last batch made; undefined: it made none. */
  readonly lastId: string | undefined;
}

/** What an import is of: another file, database or option is another import. */
interface Subject {
  readonly version: number;
  readonly size: number;
  readonly modified: number;
  readonly target: string;
}

/**
 * The file that an import goes on from after it was ended: written whenever a batch is in the database. A batch that is in the
 * database and not in the file is known again by its ids, which follow from the file and the line.
 */
export class ImportState {
  private constructor(
    private readonly path: string,
    private readonly subject: Subject,
    private readonly nonce: string,
    /** Undefined: it begins. */
    readonly former: ImportProgress | undefined,
  ) {}

  /**
   * @param target of the import: database and options
   */
  static open(file: string, target: string): ImportState {
    const { size, mtimeMs: modified } = statSync(file);
    const path = `${file}.state`;
    const subject = { version: VERSION, size, modified, target: hash(target) };
    const stored = read(path);
    const fits =
      stored !== undefined && Object.entries(subject).every(([name, value]) => stored[name] === value);
    return fits
      ? new ImportState(path, subject, String(stored.nonce), stored as unknown as ImportProgress)
      : new ImportState(path, subject, randomBytes(16).toString('hex'), undefined);
  }

  /** The same import, from its beginning. */
  anew(): ImportState {
    return new ImportState(this.path, this.subject, randomBytes(16).toString('hex'), undefined);
  }

  /** Bytes of the file. */
  get size(): number {
    return this.subject.size;
  }

  /** The id of the user whom a line makes: the same at each attempt, and nobody else's. */
  idOf(line: number): string {
    const bytes = createHash('sha256').update(`${this.nonce}:${line}`).digest().subarray(0, 16);
    // The form of version 4 (RFC 9562 section 5.4): nothing tells what an id was made of.
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  }

  write(progress: ImportProgress): void {
    const text = JSON.stringify({ ...this.subject, nonce: this.nonce, ...progress });
    writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}

function read(path: string): Record<string, unknown> | undefined {
  try {
    const value = parseJson(readFileSync(path, 'utf8'));
    return isJsonObject(value) ? { ...value } : undefined;
  } catch {
    return undefined; // there is none
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
