/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: ['machines/**/*.ts', 'src/{values,chart,record}/**/*.ts'],
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
  jest: { configFile: 'jest.mutation.config.js', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  plugins: ['@stryker-mutator/jest-runner', './scripts/mutation-ignorers.js'],
  ignorers: ['descriptions'],
  // Milliseconds over what the tests take unchanged; a loaded machine may need them.
  timeoutMS: 30_000,
  // Modules of ES that Jest has loaded are never freed: a process that goes on becomes slower with each mutant.
  maxTestRunnerReuse: 40,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: 'coverage/mutation.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false },
  tempDirName: 'coverage/stryker',
  thresholds: { high: 100, low: 95, break: 95 },
};
