import config from './jest.config.js';

/** The tests that Stryker runs for each mutant: those of the chart and of the domain. */
export default {
  ...config,
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
  testMatch: ['domain', 'machines', 'paths'].map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
  coverageThreshold: {},
};
