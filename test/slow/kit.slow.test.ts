import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { packTarballs, run, type Tarballs } from './tarballs.js';

/** The oldest version that the library works with, and the newest. */
const XSTATE = ['5.20.0', '5'];

const tarballs: { current: Tarballs | null } = { current: null };
const packed = () => tarballs.current as Tarballs;

const KIT = `import { describeLifecycle, machineSubject } from 'xstate-agent-lifecycle/testing';\n`;
const LIFECYCLE = `'the machine', machineSubject, { cover: 'states', random: { runs: 20, seed: 1 } }`;
const tests = (options = '') => `${KIT}describeLifecycle(${LIFECYCLE.replace(/ \}$/, `${options} }`)});\n`;

interface Runner {
  readonly packages: readonly string[];
  readonly files: Record<string, string>;
  readonly prepare?: readonly [string, ...string[]];
  readonly command: readonly [string, ...string[]];
}

/** Each as its own command, or its own documentation, sets it up. */
const RUNNERS: Readonly<Record<string, Runner>> = {
  'ts-jest of config:init': {
    packages: ['jest@30', 'ts-jest@29', 'typescript@5.9', '@types/jest@30', '@types/node@20'],
    files: { 'agent.test.ts': tests() },
    prepare: ['npx', 'ts-jest', 'config:init'],
    command: ['npx', 'jest'],
  },
  'babel-jest': {
    packages: ['jest@30', '@babel/core@7', '@babel/preset-env@7'],
    files: {
      'agent.test.js': tests(),
      'babel.config.js': `module.exports = { presets: [['@babel/preset-env', { targets: { node: 'current' } }]] };`,
    },
    command: ['npx', 'jest'],
  },
  vitest: {
    packages: ['vitest@3'],
    files: {
      'agent.test.ts': `import { describe, it } from 'vitest';\n${tests(', runner: { describe, it }')}`,
    },
    command: ['npx', 'vitest', 'run'],
  },
  'node:test': {
    packages: [],
    files: { 'agent.test.mjs': tests() },
    command: ['node', '--test', 'agent.test.mjs'],
  },
  mocha: {
    packages: ['mocha@11'],
    files: { 'agent.test.mjs': tests() },
    command: ['npx', 'mocha', 'agent.test.mjs'],
  },
};

beforeAll(() => {
  tarballs.current = packTarballs();
}, 120_000);

afterAll(() => {
  packed().remove();
});

describe.each(XSTATE)('with xstate %s', (xstate) => {
  it.each(Object.keys(RUNNERS))(
    'describeLifecycle passes in a new project with %s',
    (name) => {
      const { packages, files, prepare, command } = RUNNERS[name] as Runner;
      const folder = packed().project(files, packed().library, `xstate@${xstate}`, ...packages);
      if (prepare !== undefined) run(folder, ...prepare);
      expect(run(folder, ...command)).not.toContain('Failed');
    },
    300_000,
  );
});
