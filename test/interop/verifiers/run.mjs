/**
 * Runs one verifier as a consuming service would: `node run.mjs FILE`, the question on standard input. The file's default
 * export takes the settings of the question and answers a function from a token to its claims, which throws to refuse; its
 * `version`, where it is no npm package, tells the program's own.
 */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [file = ''] = process.argv.slice(2);
const { tokens, packages, ...settings } = JSON.parse(await text(process.stdin));
const { default: verifierFor, version } = await import(pathToFileURL(resolve(file)).href);
const verify = await verifierFor(settings);
const answers = {};
for (const [name, token] of Object.entries(tokens)) {
  try {
    answers[name] = { accepted: true, sub: (await verify(token)).sub };
  } catch (error) {
    answers[name] = { accepted: false, error: String(error?.message ?? error) };
  }
}
const versions = version ? [version()] : packages.map((name) => `${name} ${versionOf(name)}`);
process.stdout.write(JSON.stringify({ answers, versions }), () => process.exit(0));

function versionOf(name) {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
