import { afterAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { processDriver } from '../../../src/drivers/process/index.js';
import { DriverRig } from '../driver-rig.js';
import { agentThat } from './fixture.js';

interface Situation {
  readonly args: string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
}

const ODD = ['-n', '--', '', ' a  b ', 'a\nb', '$(id)`id`$HOME*?', `'"\\`, 'grüß 🎉', 'a=b', '3<&-'];
const rig = new DriverRig(processDriver());
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'odd ')));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('what the options say reaches the process', () => {
  it('arguments, whatever characters they have', async () => {
    const agent = await rig.running(agentThat('situation', ...ODD));
    const { args } = (await agent.request('')) as Situation;
    expect(args).toEqual(ODD);
  });

  it('variables, whatever characters their values have', async () => {
    const values = Object.fromEntries(ODD.map((value, index) => [`VALUE_${index}`, value]));
    const env = { ...values, ENV: '/no/such', BASH_ENV: '/no/such', TERM: 'x', CDPATH: '/', NODE_ENV: 'a' };
    const agent = await rig.running({ ...agentThat('situation'), env });
    const situation = (await agent.request('')) as Situation;
    expect(situation.env).toEqual(expect.objectContaining(env));
  });

  it.each(['-n', 'a=b', ' a\nb'])('a folder, and a command in it: %j', async (name) => {
    const cwd = path.join(folder, name);
    mkdirSync(cwd);
    const { command, args = [] } = agentThat('situation', 'last');
    writeFileSync(path.join(cwd, name), `#!/bin/sh\nexec '${command}' '${args.join("' '")}'\n`);
    chmodSync(path.join(cwd, name), 0o755);
    const agent = await rig.running({ command: name, cwd, env: { PATH: cwd } });
    const situation = (await agent.request('')) as Situation;
    expect([situation.cwd, situation.args, situation.env['PATH']]).toEqual([cwd, ['last'], cwd]);
  });

  it('a command that is found where the host has no PATH', async () => {
    const { PATH } = process.env;
    delete process.env['PATH'];
    try {
      const agent = rig.deploy({ command: 'sh', cwd: folder });
      expect((await agent.load()).error).toBeNull();
    } finally {
      process.env['PATH'] = PATH;
    }
  });
});

describe('what cannot reach the process is refused by name when it is deployed', () => {
  it.each([
    'a.b',
    'a b',
    '',
    '1a',
    'a=b',
    'A\0',
    'A\n',
    'BASH_FUNC_kill%%',
    '__proto__',
    'IFS',
    'PWD',
    'PPID',
    'OPTIND',
    'PS4',
    '_',
    'SHELLOPTS',
    'BASH_COMPAT',
  ])('a variable that is named %j', (name) => {
    const env = JSON.parse(`{${JSON.stringify(name)}:"value"}`) as unknown;
    expect(() => rig.deploy({ command: 'sh', env })).toThrow(
      expect.objectContaining({
        code: 'InvalidOptions',
        message: expect.stringMatching(/expected (a|another) name/) as unknown,
        cause: expect.objectContaining({
          issues: [expect.objectContaining({ path: ['env', name] })],
        }) as unknown,
      }),
    );
  });

  it.each([
    ['command', { command: 'a\0b' }],
    ['args[1]', { command: 'sh', args: ['a', '\0'] }],
    ['args[0]', { command: 'sh', args: ['\ud800'] }],
    ['cwd', { command: 'sh', cwd: '/a\0' }],
    ['env.NAME', { command: 'sh', env: { NAME: '\0' } }],
  ])('a NUL or half a character in %s', (place, options) => {
    const message = `✖ expected a text without NUL, and without half of a surrogate pair\n  → at ${place}`;
    expect(() => rig.deploy(options)).toThrow(message);
  });
});
