/**
 * Drives the doors for services by one library, as a service would: `node run.mjs FILE`, the question on standard input. The file's
 * default export answers a client of four verbs; what a library throws is answered as its error.
 */
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const [file = ''] = process.argv.slice(2);
const { packages, clients, tokens, revoked, issuer } = JSON.parse(await text(process.stdin));
const { default: clientOf } = await import(pathToFileURL(resolve(file)).href);
const good = await clientOf({ issuer, ...clients.good });
const attempt = async (work) => {
  try {
    return await work();
  } catch (error) {
    return { error: String(error?.error ?? error?.cause?.error ?? error?.code ?? error?.message ?? error) };
  }
};
const answers = { introspected: {} };
answers.token = await attempt(() => good.token('tokens:validate'));
answers.wrongScope = await attempt(() => good.token('users:write'));
answers.wrongSecret = await attempt(async () => (await clientOf({ issuer, ...clients.wrong })).token());
if (good.introspect) {
  for (const [name, token] of Object.entries(tokens))
    answers.introspected[name] = await attempt(() => good.introspect(token));
  const narrow = await clientOf({ issuer, ...clients.narrow });
  answers.withoutScope = await attempt(() => narrow.introspect(tokens.access));
}
if (good.revoke) answers.revoked = await attempt(async () => (await good.revoke(revoked), { done: true }));
const versions = packages.map((name) => `${name} ${versionOf(name)}`);
process.stdout.write(JSON.stringify({ answers, versions }), () => process.exit(0));

function versionOf(name) {
  const path = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}
