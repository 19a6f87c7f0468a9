import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { packTarballs, run, type Tarballs } from './tarballs.js';

const tarballs: { current: Tarballs | null } = { current: null };
const packed = () => tarballs.current as Tarballs;

function filesIn(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place).flatMap((name) => filesIn(path.join(place, name)));
}

beforeAll(() => {
  tarballs.current = packTarballs();
}, 120_000);

afterAll(() => {
  packed().remove();
});

describe('npm install of the library with xstate', () => {
  let folder = '';

  beforeAll(() => {
    folder = packed().project({}, packed().library, 'xstate');
  }, 300_000);

  it('brings at most 8 packages and 17 MB', () => {
    const lock = JSON.parse(readFileSync(path.join(folder, 'package-lock.json'), 'utf8')) as {
      packages: object;
    };
    const packages = Object.keys(lock.packages).filter((name) => name !== '');
    expect(packages.length).toBeLessThanOrEqual(8);
    const bytes = filesIn(path.join(folder, 'node_modules')).reduce(
      (sum, file) => sum + statSync(file).size,
      0,
    );
    expect(bytes).toBeLessThanOrEqual(17_000_000);
  });

  describe.each(['import', 'require'])('loads by %s', (way) => {
    const load = way === 'import' ? 'import(name)' : 'require(name)';
    const program = `
      import { createRequire } from 'node:module';
      const require = createRequire(process.cwd() + '/package.json');
      const load = async (name) => ${load};
      const entries = ['fleet', 'durable', 'inspect', 'restate', 'testing', 'drivers/mcp', 'drivers/process', 'drivers/wasm', 'drivers/worker'];
      for (const entry of entries) await load('xstate-agent-lifecycle/' + entry);
      const { AgentHostError, agentLifecycleMachine } = await load('xstate-agent-lifecycle');
      const { machineSubject } = await load('xstate-agent-lifecycle/testing');
      const subject = machineSubject({});
      subject.send({ type: 'agent.load' });
      console.log(typeof AgentHostError, agentLifecycleMachine.id, subject.state().state);
    `;
    const loaded = 'function agentLifecycle unloaded\n';

    it('in this Node', () => {
      expect(run(folder, process.execPath, '--input-type=module', '--eval', program)).toBe(loaded);
    });

    it.each(['20.19.0', '22', '24', '26'])(
      'in Node %s',
      (version) => {
        const node = ['--yes', `node@${version}`, '--input-type=module', '--eval', program];
        expect(run(folder, 'npx', ...node)).toBe(loaded);
      },
      180_000,
    );
  });

  it('has types that name no more type parameters of XState than its oldest version has', () => {
    const declared = filesIn(path.join(folder, 'node_modules/xstate-agent-lifecycle/dist'))
      .filter((file) => file.endsWith('.d.ts'))
      .filter((file) => readFileSync(file, 'utf8').includes('}, import("xstate").MetaObject>;'));
    expect(declared).toEqual([]);
  });
});

describe('npx agent-lifecycle, where that package alone is installed', () => {
  it('runs agents in workers and processes, answers over HTTP, and ends by a signal', async () => {
    const agents = [
      { name: 'upper', driver: 'worker', options: { module: 'upper.js' } },
      { name: 'echo', driver: 'process', options: { command: 'node', args: ['echo.js'] } },
    ];
    const folder = packed().project(
      {
        'agents.json': JSON.stringify({ agents }),
        'upper.js': 'exports.handle = (payload) => Buffer.from(payload).toString().toUpperCase();',
        'echo.js': `
          require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
            const { do: what, id, payload } = JSON.parse(line);
            if (what === 'cancel') return;
            console.log(JSON.stringify({ id, ok: true, value: payload }));
            if (what === 'stop') process.exit();
          });`,
      },
      packed().library,
      packed().application,
    );
    expect(run(folder, 'npx', 'agent-lifecycle', '--version')).toBe('0.1.0\n');
    const host = spawn('node', ['node_modules/.bin/agent-lifecycle', 'run', 'agents.json', '--port', '0'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let output = '';
      const url = await new Promise<string>((resolve) => {
        host.stdout.on('data', (data: Buffer) => {
          output += data.toString();
          const [found] = /http:\/\/[\d.]+:\d+/.exec(output) ?? [];
          if (found !== undefined && output.split('running').length > 2) resolve(found);
        });
      });
      const ask = async (name: string) =>
        (await fetch(`${url}/agents/${name}/requests`, { method: 'POST', body: 'hello' })).text();
      expect([await ask('upper'), await ask('echo')]).toEqual(['HELLO', expect.stringContaining('hello')]);
      host.kill('SIGTERM');
      expect(await once(host, 'exit')).toEqual([0, null]);
    } finally {
      host.kill('SIGKILL');
    }
  }, 300_000);
});
