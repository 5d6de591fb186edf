// @ts-check
'use strict';

/**
 * Who may import whom:
 *
 *   health ──► database
 *   development ──► auth
 *   auth ──► sessions, identity ──► users, teams, domains ──► database ──► config ──► common
 *
 * Everything may import config (except common) and common. The files directly in src/ put the parts together and may
 * import all of them. A feature that is not named here has no rules beyond those for everyone: name it.
 */

const SPEC = '\\.spec\\.ts$';
const DIRECTORIES = 'users|teams|domains';
const FEATURES = `auth|sessions|identity|${DIRECTORIES}|health|development`;
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

/** @param {string[]} folders of `src/` */
const inFolders = (...folders) => `^src/(${folders.join('|')})/`;

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

    // Layers
    forbid(
      'common-is-a-leaf',
      'common knows no other part.',
      { path: inFolders('common') },
      { path: '^(src|dev|test|bench|migrations)/', pathNot: inFolders('common') },
    ),
    forbid(
      'config-knows-common',
      'config may import common, and no other part.',
      { path: inFolders('config') },
      { path: '^(src|dev|test|bench|migrations)/', pathNot: inFolders('config', 'common') },
    ),
    forbid(
      'database-knows-entities',
      'database may import the entities of the features, in its one list, and nothing else of them.',
      { path: inFolders('database') },
      { path: inFolders(FEATURES), pathNot: `^src/(${DIRECTORIES}|sessions)/[^/]+\\.entity\\.ts$` },
    ),
    forbid(
      'entities-are-listed-in-one-place',
      'database imports entities of the features only in its list.',
      { path: inFolders('database'), pathNot: '^src/database/entities\\.ts$' },
      { path: `${inFolders(FEATURES)}.*\\.entity\\.ts$` },
    ),
    forbid(
      'directories-know-no-caller',
      'users, teams and domains do not know who asks.',
      { path: inFolders(DIRECTORIES) },
      { path: inFolders('auth', 'sessions', 'identity', 'health') },
    ),
    forbid(
      'directories-share-entities-only',
      'Of each other, users, teams and domains may know an entity (the owning side of a relation), never a service.',
      { path: `^src/(${DIRECTORIES})/` },
      { path: inFolders(DIRECTORIES), pathNot: ['^src/$1/', '\\.entity\\.ts$'] },
    ),
    forbid(
      'identity-knows-the-directories',
      'identity may import users, teams, domains and database.',
      { path: inFolders('identity') },
      { path: inFolders('auth', 'sessions', 'health') },
    ),
    forbid(
      'sessions-know-no-auth',
      'auth uses sessions, not the other way about.',
      { path: inFolders('sessions') },
      { path: inFolders('auth', 'health') },
    ),
    forbid(
      'auth-knows-no-health',
      'health answers probes; it is asked by nothing inside.',
      { path: inFolders('auth') },
      { path: inFolders('health') },
    ),
    forbid(
      'health-knows-the-database',
      'health may import database, and no feature.',
      { path: inFolders('health') },
      { path: inFolders(`auth|sessions|identity|${DIRECTORIES}`) },
    ),
    forbid(
      'development-is-asked-by-nobody',
      'Test data and development tokens stand above the features; no feature knows of them.',
      { path: inFolders(FEATURES, 'common', 'config', 'database'), pathNot: inFolders('development') },
      { path: inFolders('development') },
    ),
    forbid(
      'nothing-knows-the-whole',
      'The files directly in src/ put the parts together; no part imports them.',
      { path: '^src/[^/]+/' },
      { path: '^src/[^/]+\\.ts$' },
    ),

    // Outside of src
    forbid(
      'production-knows-no-helpers',
      'What is not in the image is imported by nothing in it, but for the development database, which is loaded when needed.',
      { path: '^(src|migrations)/|^ormconfig\\.ts$', pathNot: [SPEC, '^src/development-database\\.ts$'] },
      { path: '^(dev|test|bench|scripts)/' },
    ),
    forbid(
      'development-database-knows-the-launcher',
      'It starts the embedded server, no more.',
      { path: '^src/development-database\\.ts$' },
      { path: '^(dev|test|bench|scripts)/', pathNot: '^dev/embedded-postgres\\.ts$' },
    ),
    forbid(
      'dev-knows-the-configuration',
      'The launcher reads settings, uses what is common, and nothing else of the service.',
      { path: '^dev/', pathNot: '^dev/(openapi|warm-up)\\.ts$' }, // which make the application, to tell what it is and to load what it needs
      { path: '^(src|test|bench)/', pathNot: inFolders('config', 'common') },
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
          '-provisioner\\.ts$',
          inFolders('database', 'health'),
        ],
      },
      { path: '/?node_modules/(typeorm|@nestjs/typeorm|pg)/' },
    ),
    forbid(
      'swagger-at-the-edge',
      'The document is made of DTOs and controllers.',
      {
        path: '^(src|migrations)/',
        pathNot: [SPEC, '\\.(dto|controller)\\.ts$', '^src/common/openapi/', '^src/openapi[^/]*\\.ts$'],
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
      { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/', '^[.]builds/'] },
    exclude: { path: ['^test/interop/(node_modules|clients)/', '^dist/', '^[.]builds/', '^coverage/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
