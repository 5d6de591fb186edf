// @ts-check
'use strict';

/**
 * Which room may import which. Every room may import `config` (but for common and security) and `common`; a room without a row fails.
 * The files directly in src/ put the rooms together and may import all of them, as do bootstrap and cli.
 */
const ROOMS = {
  common: [],
  security: [],
  config: [],
  http: ['security'],
  database: [],
  audit: ['database', 'jobs', 'http', 'security'],
  jobs: ['database'],
  changes: ['database'],
  limits: ['database', 'jobs', 'audit'],
  idempotency: ['database', 'jobs', 'http', 'security'],
  users: ['database', 'http', 'security', 'audit'],
  teams: ['users', 'idempotency', 'database', 'http', 'security', 'audit'],
  domains: ['users', 'idempotency', 'database', 'http', 'security', 'audit'],
  verification: ['users', 'jobs', 'database'],
  mail: ['verification', 'users', 'jobs', 'database', 'audit'],
  sessions: ['users', 'database', 'jobs', 'http', 'security', 'audit'],
  tokens: ['http', 'security'],
  'service-accounts': [
    ...['mail', 'users', 'tokens', 'idempotency', 'jobs', 'database', 'http', 'security', 'audit'],
  ],
  identity: [
    'changes',
    'service-accounts',
    'sessions',
    'users',
    'teams',
    'domains',
    'database',
    'http',
    'security',
    'audit',
  ],
  passwords: [
    ...['mail', 'verification', 'identity', 'sessions', 'users', 'tokens', 'limits'],
    ...['database', 'http', 'security', 'audit'],
  ],
  administration: [
    ...['mail', 'verification', 'passwords', 'identity', 'sessions', 'users', 'teams', 'domains'],
    ...['tokens', 'idempotency'],
    ...['database', 'http', 'security', 'audit'],
  ],
  federation: [
    'identity',
    'sessions',
    'users',
    'teams',
    'domains',
    'tokens',
    'database',
    'http',
    'security',
    'audit',
  ],
  auth: [
    ...[
      'mail',
      'federation',
      'service-accounts',
      'administration',
      'passwords',
      'identity',
      'sessions',
      'users',
      'tokens',
      'changes',
    ],
    ...['database', 'http', 'security', 'audit'],
  ],
  recovery: [
    ...[
      'auth',
      'federation',
      'limits',
      'mail',
      'verification',
      'passwords',
      'identity',
      'sessions',
      'users',
      'tokens',
    ],
    ...['database', 'http', 'security', 'audit'],
  ],
  events: ['changes', 'service-accounts', 'http', 'security'],
  'account-pages': [...['recovery', 'auth', 'mail', 'passwords', 'database', 'http', 'security']],
  development: ['mail', 'auth', 'passwords', 'users', 'teams', 'domains', 'database', 'http', 'security'],
  oauth: [
    'auth',
    'identity',
    'changes',
    'limits',
    'service-accounts',
    'sessions',
    'tokens',
    'http',
    'security',
    'audit',
  ],
  transfer: ['passwords', 'sessions', 'users', 'database', 'audit'],
  access: ['http', 'security'],
  health: ['database', 'http', 'security'],
  metrics: ['security'],
  tracing: [],
};
/** What a room may import outside of src/. */
const OUTSIDE = { database: '^migrations/index\\.ts$' };
const EMBEDDED_POSTGRES = '^packages/dev-services/src/embedded-postgres\\.ts';
/** They put the rooms together. */
const ABOVE_ROOMS = ['bootstrap', 'cli'];

const SPEC = '\\.spec\\.ts$';
const TYPE_ONLY = ['type-only'];

/**
 * @param {string} name
 * @param {string} comment
 * @param {import('dependency-cruiser').IFromRestriction} from
 * @param {import('dependency-cruiser').IToRestriction} to
 */
const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: /** @type {const} */ ('error'),
  from: { pathNot: SPEC, ...from },
  to,
});

/** @param {readonly string[]} folders of `src/` */
const inFolders = (...folders) => `^src/(${folders.join('|')})/`;

/** @param {string} room */
const mayImport = (room) => {
  const own = room === 'common' ? [] : ['common'];
  const settings = ['common', 'security', 'config'].includes(room) ? [] : ['config'];
  return [room, ...own, ...settings, ...ROOMS[/** @type {keyof typeof ROOMS} */ (room)]];
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    forbid(
      'no-cycle',
      'Two files that need each other are one file, or want a third.',
      {},
      { circular: true },
    ),
    forbid('no-unresolvable', 'The import leads nowhere.', { pathNot: [] }, { couldNotResolve: true }),

    // Rooms
    ...Object.keys(ROOMS).map((room) =>
      forbid(
        `${room}-imports`,
        `The table above says what ${room} may import.`,
        { path: inFolders(room) },
        {
          path: '^(src|packages|tools|test|bench|migrations)/',
          pathNot: [
            inFolders(...mayImport(room)),
            OUTSIDE[/** @type {keyof typeof OUTSIDE} */ (room)] ?? '^$',
          ],
        },
      ),
    ),
    forbid(
      'a-room-has-a-row',
      'A folder of src/ that the table does not name.',
      { path: '^src/[^/]+/', pathNot: [SPEC, inFolders(...Object.keys(ROOMS), ...ABOVE_ROOMS)] },
      { path: '' },
    ),

    // Outside of src
    forbid(
      'production-knows-no-helpers',
      'What is not in the image is imported by nothing in it, but for the development database, which is loaded when needed.',
      {
        path: '^(src|migrations)/|^ormconfig\\.ts$',
        pathNot: [SPEC, '^src/bootstrap/development-database\\.ts$'],
      },
      { path: '^(packages|test|bench|tools)/' },
    ),
    forbid(
      'development-database-knows-the-launcher',
      'It starts the embedded server, no more.',
      { path: '^src/bootstrap/development-database\\.ts$' },
      { path: '^(packages|test|bench|tools)/', pathNot: `${EMBEDDED_POSTGRES}$` },
    ),
    forbid(
      'packages-stand-alone',
      'A package of packages/ knows nothing of the service, which may depend on it.',
      { path: '^packages/' },
      { path: '^(src|migrations|tools|test|bench)/' },
    ),
    forbid(
      'tools-know-no-tests',
      'Writers and checks make the application, to tell what it is.',
      { path: '^tools/' },
      { path: '^(test|bench)/' },
    ),
    forbid(
      'migrations-stand-alone',
      'A migration means the same for ever: it imports nothing that changes.',
      { path: '^migrations/' },
      { path: '^src/' },
    ),

    // Packages
    forbid(
      'typeorm-in-persistence-only',
      'SQL and mappings are in repositories, readers, entities and database/.',
      {
        path: '^src/',
        pathNot: [SPEC, '\\.(repository|entity|reader)\\.ts$', inFolders('database', 'health')],
      },
      { path: '/?node_modules/(typeorm|@nestjs/typeorm|pg)/', dependencyTypesNot: TYPE_ONLY },
    ),
    forbid(
      'typeorm-types-in-use-cases',
      'Services and the provisioner hand the EntityManager of a transaction on, as a type; eslint sees to the name.',
      {
        path: '^src/',
        pathNot: [
          SPEC,
          '\\.(repository|entity|reader|service)\\.ts$',
          '-(provisioner|authenticator)\\.ts$',
          inFolders('audit', 'database', 'health'),
        ],
      },
      { path: '/?node_modules/(typeorm|@nestjs/typeorm|pg)/' },
    ),
    forbid(
      'swagger-at-the-edge',
      'The document is made of DTOs and controllers.',
      {
        path: '^(src|migrations)/',
        pathNot: [SPEC, '\\.(dto|controller)\\.ts$', '^src/http/openapi/', '^src/bootstrap/openapi\\.ts$'],
      },
      { path: '/?node_modules/@nestjs/swagger/' },
    ),
    forbid(
      'no-development-package',
      // `import name, { type Other }` counts as type-only here; `npm run image:check` finds such a package missing.
      'The image holds no devDependencies and no optionalDependencies. Types are gone by then.',
      { path: '^(src|migrations)/|^ormconfig\\.ts$' },
      { dependencyTypes: ['npm-dev', 'npm-optional'], dependencyTypesNot: TYPE_ONLY },
    ),
    forbid(
      'no-borrowed-package',
      'A package that is imported is in our package.json: what another one brings along may go with it.',
      { pathNot: [] },
      // Of a peerDependency that is a devDependency too it says npm-no-pkg as well.
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm-peer'] },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/', '^[.]builds/'] },
    exclude: {
      path: [
        '^test/interop/(node_modules|clients)/',
        '^(packages/client/)?dist/',
        '^[.]builds/',
        '^coverage/',
      ],
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
