import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Three kinds of tests, told apart by their names: `*.test.ts` (unit: no server, no network),
 * `*.int.test.ts` (integration: the real backing services, one after the other) and `*.e2e.test.ts` (the whole walk).
 */
const shared = {
  rootDir: repository,
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/tools/jest/strip-types.mjs' },
  moduleNameMapper: { '^fast-check$': '<rootDir>/tools/jest/seeded-fast-check.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/.porchlight', '<rootDir>/.nx'],
};

const kinds = {
  unit: { testMatch: ['**/*.test.ts'], testPathIgnorePatterns: ['/node_modules/', '\\.(int|e2e)\\.test\\.ts$'] },
  integration: { testMatch: ['**/*.int.test.ts'] },
  e2e: { testMatch: ['**/*.e2e.test.ts'] },
};

const kind = process.env.PORCHLIGHT_TEST_KIND ?? 'unit';
if (!(kind in kinds))
  throw new Error(`PORCHLIGHT_TEST_KIND must be one of ${Object.keys(kinds).join(', ')}, not ${kind}`);

export default { ...shared, ...kinds[kind], testTimeout: kind === 'unit' ? 10_000 : 60_000 };
