import { once } from 'node:events';
import { createWriteStream, fchmodSync, fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { readUsers } from './user-export.repository';

/** For the operator alone: addresses, and hashes where they were asked for. */
const MODE = 0o600;
const STDOUT = 1;

/** Where to write: a new file, or undefined for standard output. */
export interface ExportTarget {
  readonly file: string | undefined;
  readonly withHashes: boolean;
}

/** Writes all users, one a line, as import reads them; answers how many. */
export async function exportUsers(databaseUrl: string, { file, withHashes }: ExportTarget): Promise<number> {
  const output: Writable =
    file === undefined ? standardOutput() : createWriteStream(file, { flags: 'wx', mode: MODE });
  // Without a listener an error of the stream would end the process before the database is left.
  let failure: Error | undefined;
  output.on('error', (error: Error) => (failure ??= error));
  let count = 0;
  for await (const users of readUsers(databaseUrl, withHashes)) {
    count += users.length;
    await write(output, users.map((user) => `${JSON.stringify(user)}\n`).join(''), () => failure);
  }
  if (file !== undefined) await new Promise<void>((done) => output.end(done));
  if (failure) throw failure;
  return count;
}

/** What a shell redirects to a file gets the same mode as a file of ours. */
function standardOutput(): Writable {
  if (fstatSync(STDOUT).isFile()) fchmodSync(STDOUT, MODE);
  return process.stdout;
}

async function write(output: Writable, text: string, failure: () => Error | undefined): Promise<void> {
  const goesOn = output.write(text);
  if (!goesOn && !failure()) await Promise.race([once(output, 'drain'), once(output, 'close')]);
  const error = failure();
  if (error) throw error;
}
