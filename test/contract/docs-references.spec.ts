import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { pages } from '../support/process/markdown';
import { ROOT } from '../support/process/program';

const CODE = ['src', 'test', 'tools', 'migrations', 'dev', 'packages', 'bench'].filter((folder) =>
  existsSync(join(ROOT, folder)),
);
const FILES = CODE.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('node_modules') && /\.(?:[cm]?[jt]s|json)$/.test(name))
    .map((name) => join(folder, name)),
);
const PATH = /`((?:src|test|tools|dev|docs|migrations|packages|openapi|deploy|docker|bench)\/[\w./-]*)`/g;
/** A file named without its folder, such as `json-body.ts`. */
const FILE_NAME = /`([\w.-]+\.(?:ts|mjs|cjs))`/g;
/** The name of a class, of another type or of a decorator, also with what it is given. */
const CLASS_NAME = /`@?([A-Z][A-Za-z]*[a-z][A-Za-z]*)(?:<\w+>)?(?:\([^`]*\))?`/g;
/** Names of others that our code does not use. */
const FOREIGN_NAMES = ['Repository', 'Vary'];
const SETTING_NAME = /`(AUTH_[A-Z_]*[A-Z])(?![A-Z_])/g;
const SCRIPT_NAME = /npm run (?:-s )?([\w:]+(?:-[\w:]+)*)/g;

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGES = pages().map((page) => [page, read(page)] as const);

function found(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].map(([, name = '']) => name);
}

/** What the pages name that is not known, with the page of each. */
function unknown(pattern: RegExp, known: ReadonlySet<string>): string[] {
  return PAGES.flatMap(([page, text]) =>
    found(pattern, text)
      .filter((name) => !known.has(name))
      .map((name) => `${name} in ${page}`),
  );
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text: string): string[] {
  return [...text.replaceAll(/^ *```.*?^ *```$/gms, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('what the README and the docs refer to', () => {
  it.each(PAGES)('%s: its paths exist', (_page, text) => {
    expect(found(PATH, text).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it.each(PAGES)('%s: its file names exist', (_page, text) => {
    const names = new Set([...FILES.map((file) => basename(file)), ...readdirSync(ROOT)]);
    expect(found(FILE_NAME, text).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(PAGES)('%s: its links lead to a page, and to a heading of it', (page, text) => {
    const links = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)];
    const broken = links.filter(([, path, anchor]) => {
      const target = path ? normalize(join(dirname(page), path)) : page;
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(read(target)).includes(anchor);
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  it('names of classes are names of the code', () => {
    const words = FILES.flatMap((file) => read(file).match(/\b[A-Z]\w+/g) ?? []);
    expect(unknown(CLASS_NAME, new Set([...words, ...FOREIGN_NAMES]))).toEqual([]);
  });

  it('settings are settings, with or without _FILE', () => {
    const names = read('.env.example').match(/^# [A-Z_]+(?==)/gm) ?? [];
    const known = names.map((name) => name.slice(2)).flatMap((name) => [name, `${name}_FILE`]);
    expect(unknown(SETTING_NAME, new Set(known))).toEqual([]);
  });

  it('scripts of npm are scripts of the package', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    expect(unknown(SCRIPT_NAME, new Set(Object.keys(scripts)))).toEqual([]);
  });

  it('the table of folders has every room of src/', () => {
    const rooms = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const named = found(PATH, read('README.md'));
    expect(rooms.map(({ name }) => `src/${name}/`).filter((room) => !named.includes(room))).toEqual([]);
  });

  it('the index of the decisions has the title of each', () => {
    const titles = PAGES.filter(([page]) => /^docs\/adr\/\d/.test(page)).map(([page, text]) => {
      const [, number = '', title = ''] = /^# (\d+) (.+)$/m.exec(text) ?? [];
      return `- [${number}](${basename(page)}) ${title}`;
    });
    expect(
      read('docs/adr/README.md')
        .split('\n')
        .filter((line) => line.startsWith('- ')),
    ).toEqual(titles);
  });

  it('each page is in the index, or in the index of its folder', () => {
    const indexes = [
      'README.md',
      'docs/README.md',
      'docs/adr/README.md',
      'docs/oidc/README.md',
      'docs/integrate/servers/README.md',
    ];
    const linked = new Set(
      indexes.flatMap((index) =>
        found(/\]\(([^)#\s]+)/g, read(index)).map((path) => normalize(join(dirname(index), path))),
      ),
    );
    expect(PAGES.map(([page]) => page).filter((page) => page !== 'README.md' && !linked.has(page))).toEqual(
      [],
    );
  });
});
