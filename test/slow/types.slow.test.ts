import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { packTarballs, run, type Tarballs } from './tarballs.js';

const tarballs: { current: Tarballs | null } = { current: null };
const packed = () => tarballs.current as Tarballs;

/** Uses the machine, the record, the kit, a host, a fleet, a store and a mounted server. */
const PROGRAM = `
import { createActor } from 'xstate';
import { AgentId, AgentLifecycle, agentLifecycleMachine, AgentVersion, createAgentHost, VersionNumber, type AgentDriver } from 'xstate-agent-lifecycle';
import { createHostPersistence, createMemoryStore } from 'xstate-agent-lifecycle/durable';
import { createFleet } from 'xstate-agent-lifecycle/fleet';
import { checkLifecycle, machineSubject } from 'xstate-agent-lifecycle/testing';
import { createAgentApp, nodeHandler } from 'agent-lifecycle';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const input = { agentId: AgentId.generate(), version: AgentVersion.generate(), versionNumber: VersionNumber.first };
const actor = createActor(agentLifecycleMachine, { input });
actor.start();
actor.send({ type: 'agent.load' });

const done = (): Promise<void> => Promise.resolve();
const driver: AgentDriver = {
  load: done, instantiate: done, start: done, stop: done, unload: done, dispose: done,
  handle: (payload) => Promise.resolve(payload),
};

async function main(): Promise<void> {
  const host = createAgentHost({ drivers: { mine: () => driver }, persistence: createHostPersistence(createMemoryStore(), { onFailure: console.error }) });
  host.deploy({ name: 'a', driver: 'mine' });
  await host.run();
  const answer = await host.agent('a').request('hello');
  const fleet = createFleet(agentLifecycleMachine);
  fleet.add(input);
  const report = await checkLifecycle(machineSubject, { runs: 5, seed: 1 });
  const server = createServer((request, response) => void nodeHandler(createAgentApp(host))(request, response));
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  const { status } = await fetch(\`http://127.0.0.1:\${port}/readyz\`);
  server.close();
  await host.shutdown();
  console.log(JSON.stringify([actor.getSnapshot().value, AgentLifecycle.create(input).start === undefined, answer, status, typeof report]));
}
void main();
`;

const options = (module: string) =>
  JSON.stringify({
    compilerOptions: {
      target: 'es2023',
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable', 'esnext.disposable'],
      module,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      types: ['node'],
      outDir: 'out',
    },
    files: ['program.ts'],
  });

beforeAll(() => {
  tarballs.current = packTarballs();
}, 120_000);

afterAll(() => {
  packed().remove();
});

describe.each(['5.20.0', '5'])('with xstate %s', (xstate) => {
  it.each([
    ['ES modules', 'module', 'node16'],
    ['CommonJS', 'commonjs', 'node16'],
  ])(
    'a strict program in %s compiles, libraries checked, and runs (%s, %s)',
    (_, type, module) => {
      const folder = packed().project(
        {
          'package.json': JSON.stringify({ private: true, type }),
          'tsconfig.json': options(module),
          'program.ts': PROGRAM,
        },
        packed().library,
        packed().application,
        `xstate@${xstate}`,
        'typescript@5.9',
        '@types/node@20',
      );
      // XState's own declarations do not hold under exactOptionalPropertyTypes.
      const { stdout } = spawnSync('npx', ['tsc'], { cwd: folder, encoding: 'utf8' });
      const problems = stdout.split('\n').filter((line) => /^(?!node_modules\/xstate\/|\s|$)/.test(line));
      expect(problems).toEqual([]);
      expect(JSON.parse(run(folder, 'node', 'out/program.js'))).toEqual([
        { loaded: 'idle' },
        false,
        'hello',
        200,
        'object',
      ]);
    },
    300_000,
  );
});
