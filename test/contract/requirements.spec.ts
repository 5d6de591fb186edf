import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/process/program';

/** A requirement, decision, invariant or case, as test names and comments write it. */
const ID = /\b(?:R|D|I|J|H|P|O)\d{1,2}\b/g;
const MARKED =
  /(?:\b(?:it|describe|test)(?:\.each[^(]*\([^]*?\))?\(\s*['"`]([^'"`\n]*)|\/\/ (.*)|^ \* (.*))/gm;

describe('docs/requirements.md', () => {
  const defined = new Set(readFileSync(join(ROOT, 'docs/requirements.md'), 'utf8').match(ID));
  const files = ['src', 'test', 'migrations'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter(
        (name) => name.endsWith('.ts') && !name.includes('node_modules') && !name.endsWith('api-types.ts'),
      )
      .map((name) => join(folder, name)),
  );

  it('defines every id that the names of tests and the comments use', () => {
    const used = files.flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(MARKED)].flatMap((match) =>
        (match.slice(1).join(' ').match(ID) ?? []).map((id) => `${id} in ${file}`),
      ),
    );
    expect(used.length).toBeGreaterThan(100);
    expect(used.filter((use) => !defined.has(use.split(' ')[0] ?? ''))).toEqual([]);
  });
});
