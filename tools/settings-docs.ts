import type { Setting } from '../src/config/setting';
import { defaultText, SETTINGS } from '../src/config/settings';

const ENV_HEADER = `# Every setting of the service, with its default. Copy this file to .env and take the # off where you want another value;
# a variable of the process goes before the same name in .env, and an empty one counts as unset.
# A secret NAME can also be given as NAME_FILE: the path of a file that holds nothing else.
`;

/** The pages with a table of settings, each with the names that its table holds; undefined: all. */
export const SETTINGS_PAGES: Readonly<Record<string, readonly string[] | undefined>> = {
  'docs/operate/settings.md': undefined,
  'README.md': [
    ...['NODE_ENV', 'PORT', 'DATABASE_URL', 'AUTH_JWT_SECRET_KEY', 'AUTH_PUBLIC_URL', 'AUTH_TRUSTED_PROXIES'],
    ...['AUTH_API_CORS_ORIGINS', 'AUTH_ALLOW_DEV_HEADERS', 'AUTH_REGISTRATION', 'AUTH_OIDC_ISSUER'],
    ...['AUTH_OIDC_AUDIENCE'],
  ],
};

/** The rows of a page's table of settings: name, default, meaning. */
export function settingRows(page: string): string[][] {
  const names = SETTINGS_PAGES[page];
  return SETTINGS.filter(({ name }) => names?.includes(name) ?? true).map((setting) => [
    `\`${setting.name}\``,
    shownDefault(setting),
    setting.meaning,
  ]);
}

/** The text of a page with its table of settings, between the two marks, as SETTINGS is. */
export function withSettingsTable(page: string, text: string): string {
  const rows = [['Name', 'Default', 'Meaning'], ['---', '---', '---'], ...settingRows(page)];
  const table = rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return text.replace(
    /(<!-- settings: .*-->\n)[^]*(<!-- end of settings -->)/,
    (_whole, start: string, end: string) => `${start}\n<!-- prettier-ignore -->\n${table}\n\n${end}`,
  );
}

/** The text of `.env.example`. */
export function envExample(): string {
  const entries = SETTINGS.map(
    (setting) =>
      `\n# ${setting.meaning.replaceAll('`', '')}\n# ${setting.name}=${defaultText(setting) ?? ''}\n`,
  );
  return ENV_HEADER + entries.join('');
}

function shownDefault(setting: Setting): string {
  if (setting.secret) return 'none (secret)';
  const value = defaultText(setting);
  return value === undefined ? 'none' : `\`${value}\``;
}
