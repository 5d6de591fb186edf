// @ts-check
'use strict';
/** `node keep-code.cjs BUILD`: a process of its own, which has compiled what a service does and nothing else. */
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

async function main() {
  const build = process.argv[2] ?? '';
  const { codeCache } = require(join(build, 'bundle/load.cjs'));
  const { warmUp } = require(join(build, 'tools/warm-up.js'));
  await warmUp();
  const unfinished = `${codeCache.file}-${process.pid}`;
  writeFileSync(unfinished, codeCache.make());
  renameSync(unfinished, codeCache.file);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
