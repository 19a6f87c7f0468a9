import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

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

it('the test of the docs passes in jest, by the config of the docs', () => {
  const docs = readFileSync('docs/testing.md', 'utf8');
  const snippet = (pattern: RegExp) => String(pattern.exec(docs)?.[1]);
  const folder = 'dist/docs-in-jest';
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(`${folder}/jest.config.js`, snippet(/^```js\n(\/\/ jest\.config\.js\n[^]*?)^```$/m));
    writeFileSync(`${folder}/my-subject.ts`, snippet(/^```ts\n([^]*?)^```$/m));
    writeFileSync(
      `${folder}/my-host.test.ts`,
      snippet(/^```js\n([^]*?describeLifecycle\('my host[^]*?)^```$/m),
    );
    const jest = path.resolve('node_modules/jest/bin/jest.js');
    const { status, stderr } = spawnSync(process.execPath, [jest, '--ci'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules', NO_COLOR: '1' },
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, expect.stringMatching(/Tests: +\d{3} passed, \d{3} total/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
