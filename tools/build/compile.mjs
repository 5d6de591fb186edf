/**
 * Compiles the sources with TypeScript: what `nest build` makes, without its check of types (that is `npm run typecheck`),
 * and after a change only the files that the change touches.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { packageRequires } from './package-requires.mjs';
import { sortDerivedEnums } from './sort-derived-enums.mjs';

const require = createRequire(import.meta.url);
const CONFIG = 'tsconfig.build.json';
/** What TypeScript remembers of a build, to find what a change touches. */
export const BUILD_INFO = '.tsbuildinfo';

/**
 * Compiles into `folder`. A build info and outputs that are there already, those of the build before, are taken for
 * what they are: only what has changed since is compiled. Throws an error whose message names what is wrong.
 *
 * @param {string} root of the project
 * @param {string} folder for the outputs, absolute
 */
export function compile(root, folder) {
  const ts = require('typescript');
  const { options, fileNames } = readConfig(ts, root, folder);
  const host = ts.createIncrementalCompilerHost(options);
  resolveOwnFilesOnly(ts, host, options);
  host.writeFile = replaceFile;
  const former = ts.readBuilderProgram(options, host);
  const builder = ts.createEmitAndSemanticDiagnosticsBuilderProgram(fileNames, options, host, former);
  const program = builder.getProgram();
  report(ts, root, [...program.getOptionsDiagnostics(), ...program.getSyntacticDiagnostics()]);
  const transformers = { before: [swaggerPlugin(ts, root, program)], after: [packageRequires(ts, root)] };
  while (builder.emitNextAffectedFile(replaceFile, undefined, false, transformers));
  const missing = fileNames.filter(
    (name) => !name.endsWith('.d.ts') && !existsSync(outputOf(root, folder, name)),
  );
  if (missing.length > 0) throw new Error(`not compiled: ${missing.join(', ')}`);
}

function readConfig(ts, root, folder) {
  const parsed = ts.getParsedCommandLineOfConfigFile(
    join(root, CONFIG),
    {
      outDir: folder,
      incremental: true,
      tsBuildInfoFile: join(folder, BUILD_INFO),
      noCheck: true,
      types: [],
    },
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (fault) => report(ts, root, [fault]) },
  );
  report(ts, root, parsed.errors);
  return parsed;
}

/**
 * The declarations of packages are most of the work, and change nothing of what comes out: with `isolatedModules` each
 * file says by itself which imports are types.
 */
function resolveOwnFilesOnly(ts, host, options) {
  host.resolveModuleNameLiterals = (literals, file) =>
    literals.map(({ text }) => {
      if (!text.startsWith('.')) return { resolvedModule: undefined };
      const found = ts.resolveModuleName(text, file, options, host);
      if (found.resolvedModule || existsSync(resolve(dirname(file), text))) return found;
      throw new Error(`${relative(process.cwd(), file)} imports ${text}, which is not there`);
    });
}

/** The plugins of nest-cli.json, loaded for the first file that they are for: that takes half a second. */
function swaggerPlugin(ts, root, program) {
  const { plugins } = JSON.parse(readFileSync(join(root, 'nest-cli.json'), 'utf8')).compilerOptions;
  const suffixes = plugins.flatMap(({ options }) => [
    ...options.dtoFileNameSuffix,
    ...(options.controllerFileNameSuffix ?? ['.controller.ts']),
  ]);
  let transformers;
  return (context) => (source) => {
    if (!suffixes.some((suffix) => source.fileName.includes(suffix))) return source;
    transformers ??= plugins.map(({ name, options }) => require(`${name}/plugin`).before(options, program));
    const transformed = transformers.reduce((file, make) => make(context)(file), source);
    return sortDerivedEnums(ts, context, transformed);
  };
}

/** Never in place: the file may be shared with the build before, which may be running. */
function replaceFile(path, text) {
  rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The compiled form of a source. */
export function outputOf(root, folder, source) {
  return join(folder, relative(root, source)).replace(/\.ts$/, '.js');
}

function report(ts, root, diagnostics) {
  if (diagnostics.length === 0) return;
  throw new Error(
    ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => '\n',
    }),
  );
}
