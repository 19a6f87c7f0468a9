import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'examples/agents/'] },
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
