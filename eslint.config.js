import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/**
 * The library's folders, each of which imports what stands before it and nothing that stands after it, types included.
 * Those of one line do not know each other, but for what stands in a line of its own.
 */
const STOREYS = [
  ['util'],
  ['values'],
  ['machines'],
  ['chart'],
  ['record', 'snapshot', 'accelerate'],
  ['fleet', 'host'],
  ['drivers', 'inspect'],
  ['testing', 'restate'],
];

/**
 * What no file of a storey may import: its neighbours, all that stands above it, and the application.
 *
 * @returns {import('eslint').Linter.Config[]}
 */
function directions() {
  return STOREYS.flatMap((storey, height) =>
    storey.map((folder) => {
      const forbidden = [
        ...STOREYS.slice(height)
          .flat()
          .filter((other) => other !== folder),
        'packages',
      ];
      return {
        files: [folder === 'machines' ? 'machines/**' : `src/${folder}/**`],
        rules: {
          '@typescript-eslint/no-restricted-imports': [
            'error',
            {
              patterns: [
                {
                  regex: `^(\\.\\./)+(src/)?(${forbidden.join('|')})/`,
                  message: `${folder}/ may import only what stands below it: see docs/architecture.md.`,
                },
                {
                  regex: '^(\\.\\./)+(src/)?(index|durable)\\.js$',
                  message: 'Import the module itself, not an entry.',
                },
              ],
            },
          ],
        },
      };
    }),
  );
}

export default defineConfig(
  { ignores: ['**/dist/', 'coverage/', 'docs/api/', 'examples/agents/', 'packages/*/bin.js'] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      // Its cure is a `!`, which no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  ...directions(),
  {
    // The application is a user of the library: it has what the library exports, and nothing else.
    files: ['packages/*/src/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            // What is in util/ knows nothing of agents: each package has its copy of it.
            {
              regex: '^(\\.\\./)+(src/(?!util/)|machines/)',
              message: "Import what 'xstate-agent-lifecycle' exports.",
            },
          ],
        },
      ],
    },
  },
  // TypeScript knows better what is defined.
  { files: ['**/*.js', '**/*.mjs'], rules: { 'no-undef': 'off' } },
  {
    // What is measured has as many types as there are libraries.
    files: ['bench/**'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { '@typescript-eslint/no-explicit-any': 'off' },
  },
  {
    files: ['test/**'],
    // Whole values are asserted, those of class instances by their fields.
    rules: {
      '@typescript-eslint/no-misused-spread': 'off',
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[callee.name=/^before(All|Each)$/] > :function > BlockStatement > ReturnStatement',
          message: 'Jest ignores what a hook returns: clean up in afterAll or afterEach',
        },
      ],
    },
  },
);
