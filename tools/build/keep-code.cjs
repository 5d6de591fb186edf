// @ts-check
'use strict';
/** `node keep-code.cjs BUILD`: a process of its own, which has compiled what a service does and nothing else. */
const { renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

async function main() {
  const build = process.argv[2] ?? '';
  const caches = ['bundle', 'own'].map((folder) => require(join(build, folder, 'load.cjs')).codeCache);
  const { warmUp } = require(join(build, 'tools/warm-up.js'));
  await warmUp();
  for (const { file, make, used } of caches) {
    if (used) continue; // builds share their packages
    const unfinished = `${file}-${process.pid}`;
    writeFileSync(unfinished, make());
    renameSync(unfinished, file);
  }
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
