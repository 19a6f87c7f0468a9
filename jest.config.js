import { createDefaultEsmPreset } from 'ts-jest';

export default {
  ...createDefaultEsmPreset(),
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // What runs in the drivers' workers is JavaScript that Node itself loads, never jest.
  collectCoverageFrom: ['machines/**/*.ts', 'src/**/*.ts'],
  coverageReporters: ['text-summary', 'lcov'],
  coverageThreshold: {
    './machines/': { lines: 100, branches: 100, functions: 100, statements: 100 },
    './src/domain/': { lines: 100, branches: 100, functions: 100, statements: 100 },
  },
  testTimeout: 60_000,
  // Many tests wait for processes, browsers and servers: of two cores Jest would use one.
  maxWorkers: '100%',
};
