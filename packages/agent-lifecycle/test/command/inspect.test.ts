import { describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Hides a package from Node. */
const WITHOUT_INSPECTOR = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  const resolve = \`export async function resolve(name, context, next) {
    if (!name.startsWith('@statelyai/')) return next(name, context);
    throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
  }\`;
  register('data:text/javascript,' + encodeURIComponent(resolve));
`)}`;

function runInspected(...options: string[]) {
  const args = [...options, 'dist/src/cli/main.js', 'run', 'examples/agents.json', '--port', '0'];
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
    const host = runInspected('--import', WITHOUT_INSPECTOR);
    const [exitCode, output, errors] = await Promise.all([
      once(host, 'exit'),
      text(host.stdout),
      text(host.stderr),
    ]);
    expect([exitCode[0], output, errors]).toEqual([
      2,
      '',
      'The Stately inspector is not installed: npm install @statelyai/inspect\n',
    ]);
  });
});
