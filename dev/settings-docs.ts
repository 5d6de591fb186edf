import type { Setting } from '../src/config/setting';
import { SETTINGS } from '../src/config/settings';

const ALL: readonly Setting<unknown>[] = Object.values(SETTINGS);

const ENV_HEADER = `# Every setting of the service, with its default. Copy this file to .env and take the # off where you want another value;
# a variable of the process goes before the same name in .env, and an empty one counts as unset.
# A secret NAME can also be given as NAME_FILE: the path of a file that holds nothing else.
`;

/** The rows of the README's table of settings: name, default, meaning. */
export function settingRows(): string[][] {
  return ALL.map((setting) => [`\`${setting.name}\``, defaultText(setting), setting.meaning]);
}

/** The README with its table of settings, between the two marks, as SETTINGS is. */
export function withSettingsTable(readme: string): string {
  const rows = [['Name', 'Default', 'Meaning'], ['---', '---', '---'], ...settingRows()];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return readme.replace(
    /(<!-- settings: .*-->\n)[^]*(<!-- end of settings -->)/,
    (_whole, start: string, end: string) => `${start}\n<!-- prettier-ignore -->\n${table}\n\n${end}`,
  );
}

/** The text of `.env.example`. */
export function envExample(): string {
  const entries = ALL.map(
    ({ name, meaning, default: value }) => `\n# ${meaning.replaceAll('`', '')}\n# ${name}=${value ?? ''}\n`,
  );
  return ENV_HEADER + entries.join('');
}

function defaultText({ default: value, secret }: Setting<unknown>): string {
  if (secret) return 'none (secret)';
  return value === undefined ? 'none' : `\`${value}\``;
}
