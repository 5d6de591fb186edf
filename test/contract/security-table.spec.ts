import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/process/program';

/** Items of levels 1 and 2 by section, in ASVS 5.0.0: number of the item, and its level. */
const SECTIONS: Readonly<Record<string, Readonly<Record<number, 1 | 2>>>> = {
  '6.1': { 1: 1, 2: 2, 3: 2 },
  '6.2': { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1, 9: 2, 10: 2, 11: 2, 12: 2 },
  '6.3': { 1: 1, 2: 1, 3: 2, 4: 2 },
  '6.4': { 1: 1, 2: 1, 3: 2, 4: 2 },
  '6.5': { 1: 2, 2: 2, 3: 2, 4: 2, 5: 2 },
  '6.6': { 1: 2, 2: 2, 3: 2 },
  '6.8': { 1: 2, 2: 2, 3: 2, 4: 2 },
  '7.1': { 1: 2, 2: 2, 3: 2 },
  '7.2': { 1: 1, 2: 1, 3: 1, 4: 1 },
  '7.3': { 1: 2, 2: 2 },
  '7.4': { 1: 1, 2: 1, 3: 2, 4: 2, 5: 2 },
  '7.5': { 1: 2, 2: 2 },
  '7.6': { 1: 2, 2: 2 },
  '9.1': { 1: 1, 2: 1, 3: 1 },
  '9.2': { 1: 1, 2: 2, 3: 2, 4: 2 },
  '10.1': { 1: 2, 2: 2 },
  '10.2': { 1: 2, 2: 2 },
  '10.3': { 1: 2, 2: 2, 3: 2, 4: 2 },
  '10.4': { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 2, 10: 2, 11: 2 },
  '10.5': { 1: 2, 2: 2, 3: 2, 4: 2, 5: 2 },
  '10.6': { 1: 2, 2: 2 },
  '10.7': { 1: 2, 2: 2, 3: 2 },
};

describe('docs/operate/security.md', () => {
  const text = readFileSync(join(ROOT, 'docs/operate/security.md'), 'utf8');
  const [table = '', rest = ''] = text.split('## Not applicable');
  const [notApplicable = ''] = rest.split('\n## ');
  const rows = [...table.matchAll(/^\| (\d+\.\d+\.\d+) +\| (\d) +\| (.+?) +\| (\w+) +\| (.+?) +\|$/gm)].map(
    ([, item = '', level, , state, why = '']) => ({ item, level: Number(level), state, why }),
  );

  it('has every item of levels 1 and 2 once, with its level, or among those that do not apply', () => {
    const expected = Object.entries(SECTIONS).flatMap(([section, items]) =>
      Object.entries(items).map(([number, level]) => ({ item: `${section}.${number}`, level })),
    );
    const left = new Set(itemsOf(notApplicable));
    const inTable = rows.map(({ item, level }) => ({ item, level }));
    expect(inTable).toEqual(expected.filter(({ item }) => !left.has(item)));
    const known = expected.map(({ item }) => item);
    expect([...left].filter((item) => !known.includes(item))).toEqual([]);
  });

  it('knows three states', () => {
    expect(rows.filter(({ state }) => !['met', 'departed', 'open'].includes(state ?? ''))).toEqual([]);
  });

  it('names for each item that is met a test that exists', () => {
    const unproven = rows.filter(({ state, why }) => state === 'met' && testsOf(why).length === 0);
    expect(unproven).toEqual([]);
  });

  it('names tests that name the requirements beside them', () => {
    const named = rows.flatMap(({ item, why }) => testsOf(why).map((test) => ({ item, ...test })));
    const wrong = named.filter(({ file, ids }) => {
      const path = join(ROOT, file);
      if (!existsSync(path)) return true;
      const source = readFileSync(path, 'utf8');
      return !ids.every((id) => new RegExp(`\\b${id}\\b`).test(source));
    });
    expect(wrong).toEqual([]);
  });
});

/** The tests of a cell: a file in backticks, and the ids that follow it, with or without brackets. */
function testsOf(cell: string): { file: string; ids: string[] }[] {
  return [...cell.matchAll(/`((?:src|test)\/[\w./-]+\.spec\.ts)`((?:,? ?\(?[RJP]\d+\)?)*)/g)].map(
    ([, file = '', ids = '']) => ({ file, ids: ids.match(/[RJP]\d+/g) ?? [] }),
  );
}

/** The items of a list such as `6.4.4, 6.5.1 to 6.5.5`. */
function itemsOf(list: string): string[] {
  return [...list.matchAll(/(\d+\.\d+)\.(\d+)(?: to \d+\.\d+\.(\d+))?/g)].flatMap(
    ([, section, first, last]) =>
      Array.from(
        { length: Number(last ?? first) - Number(first) + 1 },
        (_, n) => `${section}.${Number(first) + n}`,
      ),
  );
}
