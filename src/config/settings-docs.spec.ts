import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { envExample, settingRows, SETTINGS_PAGES } from '../../tools/settings-docs';
import { loadConfiguration } from './configuration';
import { readSettings } from './read-settings';
import { SETTINGS } from './settings';

const ROOT = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

// When one of these fails after a change of SETTINGS: `npm run settings:write`.
describe('the documents of the settings', () => {
  const ofPages = Object.entries(SETTINGS_PAGES).map(
    ([page, names]) => [page, names ?? SETTINGS.map(({ name }) => name)] as const,
  );

  it.each(ofPages)('%s: one row for each, in order, with its default and its meaning', (page, names) => {
    const [, table = ''] = /<!-- settings: [^]*?-->([^]*)<!-- end of settings -->/.exec(read(page)) ?? [];
    const [head, line, ...rows] = table
      .trim()
      .split('\n')
      .filter((text) => text.startsWith('|'))
      .map((row) =>
        row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      );
    expect(head).toEqual(['Name', 'Default', 'Meaning']);
    expect(line?.join('')).toMatch(/^-+$/);
    expect(rows).toEqual(settingRows(page));
    expect(rows.map(([name]) => name).sort()).toEqual(names.map((name) => `\`${name}\``).sort());
  });

  it('.env.example: as it is written from the settings', () => {
    expect(read('.env.example')).toBe(envExample());
  });

  it('.env.example: switched on as it is, it changes nothing', () => {
    const variables = parseEnv(read('.env.example').replaceAll(/^# (?=[A-Z_]+=)/gm, ''));
    expect(Object.keys(variables).sort()).toEqual(SETTINGS.map(({ name }) => name).sort());
    expect(readSettings(variables).values).toEqual(readSettings({}).values);
    expect(() => loadConfiguration(variables)).not.toThrow();
  });

  it('.env.example: holds no secret', () => {
    for (const { name } of SETTINGS.filter(({ secret }) => secret)) {
      expect(read('.env.example')).toMatch(new RegExp(`^# ${name}=$`, 'm'));
    }
  });

  it('say a meaning in one line that a table can hold', () => {
    for (const { name, meaning } of SETTINGS) {
      expect(name).toMatch(/^(NODE_ENV|PORT|DATABASE_URL|(HTTPS?|NO)_PROXY|(AUTH|OTEL)_[A-Z0-9_]+)$/);
      expect(meaning).toMatch(/^[^|\n]+$/);
    }
  });
});
