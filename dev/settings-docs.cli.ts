import { readFileSync, writeFileSync } from 'node:fs';
import { envExample, withSettingsTable } from './settings-docs';

// `npm run settings:write`: after a change of src/config/settings.ts.
writeFileSync('.env.example', envExample());
writeFileSync('README.md', withSettingsTable(readFileSync('README.md', 'utf8')));
