import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/* The walls of the house, as far as one file shows them. What one file cannot show is in .dependency-cruiser.mjs. */

const walls = {
  environment: {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Only libs/platform/config.ts reads the environment; take your slice of the configuration.',
  },
  now: {
    selector:
      "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Ask the clock, so that a test can move time.',
  },
  sql: {
    selector:
      "CallExpression[callee.property.name='query'] > TemplateLiteral.arguments:first-child > .expressions:not(Identifier[name=/^[A-Z][A-Z0-9_]*$/])",
    message: 'A value inside a statement is an injection waiting to happen: pass parameters. Only a constant (UPPER_CASE) may stand there.',
  },
  view: {
    selector:
      "CallExpression[callee.property.name='inTenant'] > MemberExpression.arguments:first-child[object.name='actor'][property.name='tenantId']",
    message: 'Pass the actor: a bare tenant id sees also what the actor may not.',
  },
  certificates: {
    selector: "Property[key.name='rejectUnauthorized'][value.value=false], AssignmentExpression[left.property.name='rejectUnauthorized']",
    message: 'Certificates are always checked.',
  },
  markup: {
    selector:
      "JSXAttribute[name.name='dangerouslySetInnerHTML'], Property[key.name='dangerouslySetInnerHTML'], AssignmentExpression[left.property.name='innerHTML']",
    message: 'Markup of others is shown only in its sandboxed frame.',
  },
};

/** Every wall but these. */
const wallsExcept = (...names) => ['error', ...Object.entries(walls).flatMap(([name, wall]) => (names.includes(name) ? [] : [wall]))];

const TESTS = ['**/*.spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts', 'bench/**/*.ts', 'apps/web/e2e/**/*.ts'];

export default defineConfig(
  globalIgnores(['dist/', 'node_modules/', '.omnidesk/', '**/fixtures/**']),
  { linterOptions: { reportUnusedDisableDirectives: 'warn' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': wallsExcept(),
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowNever: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // Arrow functions read better as one expression even where its value is not used.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // `insert … returning` gives a row, and the compiler cannot know.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      // Spreading a text gives its code points, which is what it is spread for.
      '@typescript-eslint/no-misused-spread': 'off',
      // Nest's options are classes that nobody makes instances of.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A newer name for the same thing is work for a quiet day.
      '@typescript-eslint/no-deprecated': 'warn',
      // A Nest module is a class because its decorator needs one.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // The compiler cannot know what a database, a socket or a vendor really sent.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['warn', { max: 70, skipBlankLines: true, skipComments: true }],
      'max-params': ['warn', 4],
    },
  },
  {
    // The constructor of a Nest provider lists what it needs: injection, not arguments. consistent-type-imports must leave those names alone.
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    languageOptions: { parserOptions: { emitDecoratorMetadata: true, experimentalDecorators: true } },
  },
  {
    files: ['apps/web/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
    // A screen is one function, and its markup is long without being hard to read.
    rules: {
      'react-hooks/set-state-in-effect': 'warn',
      // Choosing a component from a table is not making one.
      'react-hooks/static-components': 'warn',
      'max-lines-per-function': ['warn', { max: 150, skipBlankLines: true, skipComments: true }],
      // The router's way to leave a loader is to throw where to go.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allow: [{ from: 'package', package: '@tanstack/router-core', name: ['Redirect', 'NotFoundError'] }] },
      ],
    },
  },
  { files: ['libs/platform/config.ts', 'apps/*/main.ts'], rules: { 'no-restricted-syntax': wallsExcept('environment') } },
  // Names of tables and roles cannot be parameters; these statements are made of our own constants.
  { files: ['libs/platform/migrate.ts', 'libs/platform/migrations/*.ts'], rules: { 'no-restricted-syntax': wallsExcept('sql') } },
  {
    files: ['libs/platform/clock.ts', 'apps/web/src/clock.ts', 'apps/simulator/sim-clock.ts'],
    rules: { 'no-restricted-syntax': wallsExcept('now') },
  },
  {
    files: TESTS,
    rules: {
      'no-restricted-syntax': wallsExcept('now', 'environment', 'sql'),
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      // `expect(object.method)` only looks.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.js'],
    rules: { 'no-undef': 'off', 'no-unused-vars': 'error', 'prefer-const': 'error', eqeqeq: 'error' },
  },
);
