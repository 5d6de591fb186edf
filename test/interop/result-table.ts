import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/process/program';

const PAGE = join(ROOT, 'docs/integrate/tested-with.md');

/** Whether what is large runs too: `npm run test:interop -- --all`. */
export const RUNS_ALL = process.env.INTEROP_ALL === 'true';

/** The tables of the page of results. */
export type Section = 'providers' | 'servers' | 'readers';

/**
 * Holds the row of a result in the page, whose first cell names it, or writes it with today's date where the run writes
 * (`--write`, in one process). The date, in the last cell, is that of the run that wrote the row.
 */
export function holdRow(section: Section, cells: readonly (string | undefined)[]): void {
  const page = readFileSync(PAGE, 'utf8');
  const [name = ''] = cells;
  const found = rowsOf(page, section).find((line) => line.startsWith(`| ${name} |`));
  const row = (date: string) => `| ${[...cells, date].join(' | ')} |`;
  if (process.env.INTEROP_WRITE !== 'true') {
    expect(found).toBe(row(/\| (\S+) \|$/.exec(found ?? '')?.[1] ?? 'not in the page'));
    return;
  }
  const written = row(new Date().toISOString().slice(0, 10));
  const end = `\n\n<!-- end of ${section} -->`;
  writeFileSync(
    PAGE,
    found ? page.replace(found, () => written) : page.replace(end, () => `\n${written}${end}`),
  );
}

/** The first cells of a table of the page. */
export function namesIn(section: Section): string[] {
  return rowsOf(readFileSync(PAGE, 'utf8'), section)
    .slice(2)
    .map((line) => line.split(' | ')[0]?.slice(2) ?? '');
}

function rowsOf(page: string, section: Section): string[] {
  const begin = page.indexOf(`<!-- ${section}:`);
  return page
    .slice(begin, page.indexOf(`<!-- end of ${section} -->`))
    .split('\n')
    .filter((line) => line.startsWith('|'));
}
