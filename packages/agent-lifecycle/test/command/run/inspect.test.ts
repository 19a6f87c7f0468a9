import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { withoutPackage } from '../../../../../test/without-package.js';

function runInspected(...options: string[]) {
  const args = [...options, 'packages/agent-lifecycle/bin.js', 'run', 'examples/agents.json', '--port', '0'];
  return spawn(process.execPath, [...args, '--inspect', '0'], { env: { ...process.env, NODE_OPTIONS: '' } });
}

describe('agent-lifecycle run --inspect', () => {
  it('says where the inspector is, and ends as ever', async () => {
    const host = runInspected();
    const exit = once(host, 'exit');
    let output = '';
    for await (const chunk of host.stdout.setEncoding('utf8')) {
      output += String(chunk);
      const [, url] = /^Inspect them at (\S+)$/m.exec(output) ?? [];
      if (url === undefined || host.killed) continue;
      expect(await (await fetch(url)).text()).toContain('<title>Stately Inspector</title>');
      host.kill('SIGTERM');
    }
    expect(await exit).toEqual([0, null]);
  });

  it('exits with 2 where the inspector is not installed, before anything starts', async () => {
    const host = runInspected('--import', withoutPackage('@statelyai/inspect'));
    const [exitCode, output, errors] = await Promise.all([
      once(host, 'exit'),
      text(host.stdout),
      text(host.stderr),
    ]);
    expect([exitCode[0], output, errors]).toEqual([
      2,
      '',
      'The Stately inspector needs a package that is not installed: npm install @statelyai/inspect\n',
    ]);
  });
});
