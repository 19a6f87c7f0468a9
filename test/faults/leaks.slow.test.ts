import { expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { untilNoneWith } from '../drivers/process/processes.js';
import { scaled } from '../scale.js';

const LIFECYCLES = scaled({ quick: 40, slow: 40, soak: 500 });
const PROGRAM = fileURLToPath(new URL('agents/lifecycles.mjs', import.meta.url));

// In a process of its own: a runner of tests has handles and listeners of its own.
it(`${LIFECYCLES} lifecycles of all kinds, those that break among them, leave nothing behind`, async () => {
  const mark = `leaks-${process.pid}`;
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(LIFECYCLES), mark], {
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  expect(JSON.parse(stdout)).toEqual({
    ended: LIFECYCLES,
    resources: [],
    listeners: [],
    workers: 0,
  });
  expect(await untilNoneWith(mark)).toEqual([]);
}, 600_000);
