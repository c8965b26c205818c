import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { depConstraints } from './boundaries.mjs';

const drivers = ['kafkajs', 'ioredis', 'pg', 'fastify', 'undici', '@kafkajs/confluent-schema-registry'];

export default tseslint.config(
  { ignores: ['**/node_modules/**', '.nx/**', '.porchlight/**', '**/generated/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { allow: [], enforceBuildableLibDependency: false, depConstraints }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'Name every export: `export *` hides the front door.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
      ],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    // Drivers are imported only in adapters and wiring.
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: [
      '**/*.adapter.ts',
      '**/adapters/**',
      '**/main.ts',
      '**/wiring.ts',
      '**/*.test.ts',
      '**/testing/**',
      'apps/estimate-api/http/**',
      'libs/service/**',
    ],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: drivers.map((name) => ({ name, message: 'Drivers belong in adapters and wiring.' })) },
      ],
    },
  },
  {
    files: ['**/*.test.ts', '**/testing/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
);
