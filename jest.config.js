import { createDefaultEsmPreset } from 'ts-jest';

const { SLOW, SOAK } = process.env;
const isSlow = SLOW === '1' || SOAK === '1';

/** @param {number} percent */
const atLeast = (percent) => ({
  lines: percent,
  branches: percent,
  functions: percent,
  statements: percent,
});

export default {
  ...createDefaultEsmPreset(),
  testEnvironment: 'node',
  globalSetup: '<rootDir>/scripts/jest-setup.js',
  // `x.slow.test.ts` is no part of `npm test`; `x.scaled.test.ts` does less there: see test/scale.ts.
  testMatch: [`<rootDir>/{test,packages/*/test}/**/*${isSlow ? '.{slow,scaled}' : ''}.test.ts`],
  testPathIgnorePatterns: ['/node_modules/', ...(isSlow ? [] : ['\\.slow\\.test\\.ts$'])],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    // The sources, not what was built of them.
    '^xstate-agent-lifecycle$': '<rootDir>/src/index.ts',
    '^xstate-agent-lifecycle/durable$': '<rootDir>/src/durable.ts',
    '^xstate-agent-lifecycle/((?!package).*)$': '<rootDir>/src/$1/index.ts',
  },
  // What runs in the drivers' workers is JavaScript that Node itself loads, never jest.
  collectCoverageFrom: ['machines/**/*.ts', '{src,packages/*/src}/**/*.ts'],
  coverageReporters: ['text-summary', 'lcov'],
  // As reached, rounded down, with room for what depends on timing. What runs in another process (the command, the page, most of the Restate tier) is not counted.
  coverageThreshold: {
    './machines/': atLeast(100),
    './src/values/': atLeast(100),
    './src/record/': atLeast(100),
    './src/chart/': { ...atLeast(94), lines: 100, functions: 100 },
    './src/util/': { ...atLeast(96), lines: 100 },
    './src/snapshot/': { ...atLeast(96), lines: 100 },
    './src/accelerate/': { ...atLeast(96), functions: 100 },
    './src/host/': { ...atLeast(98), branches: 94 },
    './src/inspect/': { ...atLeast(98), branches: 94 },
    './src/testing/': { ...atLeast(97), branches: 90 },
    './src/drivers/': { ...atLeast(96), branches: 90 },
    './src/fleet/': { ...atLeast(91), branches: 87 },
    './src/restate/': { ...atLeast(41), branches: 30 },
    './packages/agent-lifecycle/src/server/': { ...atLeast(92), branches: 85 },
    './packages/agent-lifecycle/src/sqlite/': { ...atLeast(95), branches: 86 },
    './packages/agent-lifecycle/src/drawing/': { ...atLeast(97), branches: 85 },
    './packages/agent-lifecycle/src/record-check/': { ...atLeast(99), branches: 97 },
  },
  testTimeout: 60_000,
  // Many tests wait for processes, browsers and servers: of two cores Jest would use one.
  maxWorkers: '100%',
};
