import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, SETTINGS_PAGES, withSettingsTable } from './settings-docs';

// `npm run settings:write`: after a change of settings in src/config/.
writeFileSync('.env.example', envExample());
for (const page of Object.keys(SETTINGS_PAGES))
  writeFileSync(page, withSettingsTable(page, readFileSync(page, 'utf8')));
