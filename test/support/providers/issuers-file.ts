import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes an issuers file; answers its path. */
export function writeIssuersFile(content: unknown): string {
  const file = join(mkdtempSync(join(tmpdir(), 'promptstack-issuers-')), 'issuers.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}
