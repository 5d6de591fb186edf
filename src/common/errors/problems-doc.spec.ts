import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CATALOG, wireCodeOf, type ErrorCode } from './error-catalog';

describe('docs/api/problems.md', () => {
  const text = readFileSync(join(__dirname, '../../../docs/api/problems.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );

  it('explains every code of the catalogue, in its order and with its status, and nothing else', () => {
    const codes = Object.entries(ERROR_CATALOG).map(([code, { status }]) => [
      `\`${wireCodeOf(code as ErrorCode)}\``,
      String(status),
    ]);
    expect(rows.map(([code, status]) => [code, status])).toEqual(codes);
  });

  it('says for each code when it comes and what to do', () => {
    for (const row of rows) {
      expect(row).toHaveLength(4);
      for (const cell of row) expect(cell).not.toBe('');
    }
  });
});
