/**
 * Starts a provider and signs a user in: `node run.mjs FILE`, with `{ port, folder }` as JSON on standard input. Prints one line of
 * JSON, then runs until standard input ends. A file exports a function that answers `{ issuer, tokens, … }`.
 */
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const lines = createInterface({ input: process.stdin });
const [question] = await new Promise((done) => lines.once('line', (line) => done([JSON.parse(line)])));
lines.once('close', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0)); // ends what the provider has started
const { default: start } = await import(pathToFileURL(process.argv[2]).href);
// What a provider prints must not mix with the answer.
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);
const { packages = [], versions: others = [], ...answer } = await start(question);
const versions = [
  ...others,
  ...packages.map((name) => {
    const file = join(
      import.meta.dirname ?? new URL('.', import.meta.url).pathname,
      '../node_modules',
      name,
      'package.json',
    );
    return `${name} ${JSON.parse(readFileSync(file, 'utf8')).version}`;
  }),
];
write(`${JSON.stringify({ ...answer, versions })}\n`);
