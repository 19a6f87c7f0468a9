import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

const FOLDER = 'test/testing/runners';

/** Each as a user starts it. */
const RUNNERS: Record<string, { args: string[]; nodeOptions?: string }> = {
  jest: {
    args: ['node_modules/jest/bin/jest.js', '--config', `${FOLDER}/jest.config.mjs`],
    nodeOptions: '--experimental-vm-modules',
  },
  vitest: { args: ['node_modules/vitest/vitest.mjs', 'run', '--config', `${FOLDER}/vitest.config.mjs`] },
  'node:test': { args: ['--test', `${FOLDER}/conformance.mjs`] },
};

function run(runner: string, subject: string) {
  const { args = [], nodeOptions = '' } = RUNNERS[runner] ?? {};
  // NODE_TEST_CONTEXT would have node:test report to a parent that is none.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...env, NODE_OPTIONS: nodeOptions, SUBJECT: subject, NO_COLOR: '1', CI: 'true' },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe.each(Object.keys(RUNNERS))('describeLifecycle in %s', (runner) => {
  it('passes a subject that conforms', () => {
    const { status, output } = run(runner, 'right');
    expect([status, output]).toEqual([0, expect.stringMatching(/\b15 passed|pass 15\b|pass 16\b/)]);
  });

  it('fails one that does not, and says how to replay it', () => {
    const { status, output } = run(runner, 'forgetful');
    expect(status).toBe(1);
    expect(output).toContain('Step 2, loading done, did not do what the lifecycle demands');
    expect(output).toContain('{"do":"send","event":{"type":"agent.load"}}');
    expect(output).toContain('To replay it: { random: { seed: 1, path:');
  });
});
