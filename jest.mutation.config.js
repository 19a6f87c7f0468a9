import config from './jest.config.js';

/** The tests that Stryker runs for each mutant: those of the chart and of the domain. */
export default {
  ...config,
  testEnvironment: './scripts/bailing-environment.js',
  testMatch: ['<rootDir>/test/mutation.ts'],
  // Nothing that was built is tested.
  globalSetup: undefined,
  coverageThreshold: {},
  // What waits for ever in a mutant is found out soon.
  testTimeout: 10_000,
};
