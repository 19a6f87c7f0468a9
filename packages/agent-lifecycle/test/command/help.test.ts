import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';

it.each(['run', 'serve', 'status', 'drain', 'swap', 'request', 'journal', 'conform', 'export', 'check'])(
  'the help of %s fits into 80 columns, and tells no default that goes without saying',
  (command) => {
    const env = { ...process.env, NODE_OPTIONS: '' };
    const args = ['packages/agent-lifecycle/bin.js', command, '--help'];
    const { status, stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.not.stringMatching(/.{81}|default: (?:false|\[\])/)]);
  },
);
