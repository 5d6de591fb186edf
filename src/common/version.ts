import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version in the nearest package.json above this file; works from `src` and from `dist/src`. */
export const VERSION = readVersion(__dirname);

function readVersion(directory: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
      version: string;
    };
    return version;
  } catch (error) {
    const parent = dirname(directory);
    if (parent === directory) throw error;
    return readVersion(parent);
  }
}
