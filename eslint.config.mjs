import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const MAX_CONSTRUCTOR_PARAMETERS = 6;
const MAX_FUNCTION_PARAMETERS = 4;

/** `eslint-disable` of a rule by name, with the reason behind ` -- ` on the same line. */
const explainedDisable = {
  meta: { type: 'suggestion', schema: [] },
  create: ({ sourceCode, report }) => ({
    Program() {
      for (const comment of sourceCode.getAllComments()) {
        if (!/^\s*eslint-disable/.test(comment.value)) continue;
        if (/^\s*eslint-disable(-next-line|-line)?\s+\S.*?\s--\s+\S/.test(comment.value)) continue;
        report({
          loc: comment.loc,
          message: 'Name the rule and give the reason: eslint-disable… rule -- reason',
        });
      }
    },
  }),
};

const forwardRef = {
  name: '@nestjs/common',
  importNames: ['forwardRef'],
  message: 'Two modules that need each other are one module, or want a third.',
};
const processEnv = 'src/config/environment.ts reads the environment, once.';
const serviceOnly = [
  forwardRef,
  { name: '@nestjs/config', message: 'Inject the class of a configuration slice.' },
  { name: 'node:process', importNames: ['env'], message: processEnv },
];

const TESTS = ['test/**/*.ts', '**/*.spec.ts'];

export default defineConfig(
  globalIgnores([
    '**/dist/',
    '.builds/',
    'coverage/',
    // Compiled by its own command, against the client as it is packed.
    'examples/',
    '.data/',
    'test/support/http/api-types.ts',
    // Compiled in a test, with the clients that they use.
    'test/interop/clients/',
  ]),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { house: { rules: { 'explained-disable': explainedDisable } } },
    rules: {
      'house/explained-disable': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      complexity: ['error', 12],
      'no-restricted-imports': ['error', { paths: [forwardRef] }],
      'no-restricted-syntax': [
        'error',
        {
          selector: `MethodDefinition[kind="constructor"] > FunctionExpression[params.length>${MAX_CONSTRUCTOR_PARAMETERS}]`,
          message: `A class that needs more than ${MAX_CONSTRUCTOR_PARAMETERS} others does more than one thing.`,
        },
        {
          selector: `:matches(FunctionDeclaration, ArrowFunctionExpression, MethodDefinition[kind!="constructor"] > FunctionExpression)[params.length>${MAX_FUNCTION_PARAMETERS}]`,
          message: `More than ${MAX_FUNCTION_PARAMETERS} parameters: hand over an object.`,
        },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all' },
      ],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['src/**/*.ts', 'packages/**/*.ts', 'tools/**/*.ts', 'migrations/**/*.ts'],
    ignores: TESTS,
    rules: { 'max-lines': ['error', 300], complexity: ['error', 11] },
  },
  {
    files: ['src/**/*.ts', 'migrations/**/*.ts', 'ormconfig.ts'],
    ignores: TESTS,
    rules: {
      'no-console': 'error',
      'no-restricted-imports': ['error', { paths: serviceOnly }],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: processEnv }],
    },
  },
  {
    // .dependency-cruiser.cjs lets them import it as a type only.
    files: ['src/**/*.service.ts', 'src/**/*-provisioner.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            ...serviceOnly,
            {
              name: 'typeorm',
              allowImportNames: ['EntityManager'],
              message: 'A use case hands a transaction on; statements are in repositories and readers.',
            },
          ],
        },
      ],
    },
  },
  { files: ['src/config/environment.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['src/config/config.module.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: [forwardRef] }] },
  },
  {
    files: TESTS,
    rules: {
      // Jest's matchers (`expect.any` and the like) and bodies of answers are `any`.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
  { files: ['**/*.mjs', '**/*.cjs'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        Buffer: 'readonly',
        __dirname: 'readonly',
        clearTimeout: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        Buffer: 'readonly',
        ReadableStream: 'readonly',
        URL: 'readonly',
        URLSearchParams: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
);
