import { closeSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import type { RecordFault } from './user-record';

const MOST_SHOWN = 100;

/** The report of lines that were refused: all of them in FILE.refused, the first ones also on standard error. */
export class Refusals {
  private readonly path: string;
  private readonly file: number;
  private shown = 0;
  private pending = '';

  /**
   * @param bytes that are in the report already
   */
  constructor(
    file: string,
    private bytes: number,
    private readonly show: (line: string) => void,
  ) {
    this.path = `${file}.refused`;
    this.file = openSync(this.path, bytes > 0 ? 'r+' : 'w', 0o600);
    ftruncateSync(this.file, bytes);
  }

  add(line: number, { field, reason }: RecordFault): void {
    this.pending += `${JSON.stringify({ line, field: field ?? null, reason })}\n`;
    if (this.shown++ < MOST_SHOWN) this.show(`line ${line}: ${field ?? 'it'} ${reason}`);
    else if (this.shown === MOST_SHOWN + 1) this.show(`further refused lines are in ${this.path} only`);
  }

  /** Writes what came since; answers the length of the report. */
  flush(): number {
    if (this.pending !== '') this.bytes += writeSync(this.file, this.pending, this.bytes);
    this.pending = '';
    return this.bytes;
  }

  /** Without any there is no report. */
  close(): void {
    this.flush();
    closeSync(this.file);
    if (this.bytes === 0) rmSync(this.path, { force: true });
  }
}
