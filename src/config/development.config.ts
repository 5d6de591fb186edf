import { boolean, text } from './rules';
import { setting, sliceOf, type ValuesOf } from './setting';

export const DEVELOPMENT_SETTINGS = {
  devHeaders: setting(
    'AUTH_ALLOW_DEV_HEADERS',
    boolean.default(false),
    '`true` accepts the headers `X-User-Email` and `X-User-Name` as authentication, and enables `POST /dev/token`; refused in production',
    { inProduction: (allowed) => allowed && 'must not be true' },
  ),
  seedFile: setting(
    'AUTH_SEED_FILE',
    text.optional(),
    'JSON file of users, teams and domains to create at start; refused in production. See `docs/integrate/use-it-in-your-tests.md`',
    { inProduction: (path) => path !== undefined && 'must not be set' },
  ),
};

/** Settings for development and tests only; production refuses all of them. */
export class DevelopmentConfig extends sliceOf<ValuesOf<typeof DEVELOPMENT_SETTINGS>>() {}
