/**
 * What commands that need a build begin with: makes one when something has changed since the last.
 *
 *   node tools/build.mjs                 `dist` becomes a link to the build, one of those in .builds/
 *   node tools/build.mjs --into FOLDER   a whole build in a folder of its own
 *   node tools/build.mjs --production FOLDER   that and the packages that production needs, as in the image
 */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInto, ensureBuild } from './build/builds.mjs';
import { buildForProduction } from './build/production.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [option, folder] = process.argv.slice(2);
try {
  if (option === '--into' && folder) await buildInto(root, resolve(folder));
  else if (option === '--production' && folder) await buildForProduction(root, resolve(folder));
  else await ensureBuild(root);
} catch (error) {
  process.stderr.write(`The build failed: ${error.message}\n`);
  process.exitCode = 1;
}
