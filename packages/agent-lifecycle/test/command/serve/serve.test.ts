import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLifecycleClient } from 'xstate-agent-lifecycle/restate';
import { eventually } from '../../../../../test/restate/eventually.js';
import { freePorts, RestateTestServer } from '../../../../../test/restate/restate-server.js';
import { withoutPackage } from '../../../../../test/without-package.js';
import { start, type Started } from '../started.js';

let server: RestateTestServer;
const folder = mkdtempSync(path.join(tmpdir(), 'serve-'));
const config = path.join(folder, 'agents.json');
const upperCase = {
  name: 'shout',
  driver: 'worker',
  options: { module: path.resolve('examples/agents/uppercase.js') },
};
writeFileSync(config, JSON.stringify({ agents: [upperCase] }));

const POLYFILL = ['--import', './test/restate/with-resolvers.mjs'];
const serve = (args: string[], node: string[] = POLYFILL): Started =>
  start(process.execPath, [...node, 'packages/agent-lifecycle/bin.js', 'serve', ...args]);
const restate = () => ['--restate', server.ingress, '--restate-admin', server.admin, '--port', '0'];

beforeAll(async () => {
  server = await RestateTestServer.start();
});

afterAll(async () => {
  await server.dispose();
  rmSync(folder, { recursive: true });
});

describe('agent-lifecycle serve', () => {
  it('runs the agents of a config, answers their requests, and drains them when it is told to stop', async () => {
    const host = serve([config, ...restate(), '--host-name', 'cli', '--requests-port', '0']);
    await host.has(/shout: running/);
    const [, url] = await host.has(/take requests on (http:\S+)/);
    const ask = () => fetch(`${String(url)}/agents/shout/requests`, { method: 'POST', body: 'hello' });
    await eventually(async () => (await ask()).ok);
    expect(await (await ask()).text()).toBe('HELLO');
    const unknown = await fetch(`${String(url)}/agents/nobody/requests`, { method: 'POST' });
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      {
        error: {
          code: 'NotHostedHere',
          agent: 'nobody',
          host: 'cli',
          message: 'The host cli does not run "nobody"',
        },
      },
    ]);
    const body = 'a'.repeat(1024 * 1024 + 1);
    const large = await fetch(`${String(url)}/agents/shout/requests`, { method: 'POST', body });
    expect([large.status, await large.json()]).toMatchObject([413, { error: { code: 'BodyTooLarge' } }]);
    host.signal('SIGTERM');
    expect(await host.exited).toBe(0);
    expect(host.output).toContain('SIGTERM: draining the agents');
    // Its objects were served by the same process; another serves them now.
    const other = serve([...restate(), '--host-name', 'other', '--requests-port', '0']);
    await other.has(/calls this host/);
    const { state, generation } = await createLifecycleClient({ ingress: server.ingress }).status('shout');
    expect([state, generation]).toEqual(['stopped', 1]);
    other.signal('SIGTERM');
    expect(await other.exited).toBe(0);
  });

  it('exits with 3 where no Restate server answers', async () => {
    const [port] = await freePorts(1);
    const closed = `http://127.0.0.1:${port ?? 0}`;
    const host = serve(['--restate', closed, '--restate-admin', closed, '--port', '0']);
    expect(await host.exited).toBe(3);
    expect(host.output).toContain(`No Restate server answers at ${closed}`);
  });

  it('exits with 3 where somebody else answers', async () => {
    const stranger = createServer((_, response) => response.writeHead(404).end('nothing here'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const strange = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const host = serve(['--restate', strange, '--restate-admin', strange, '--port', '0']);
    expect(await host.exited).toBe(3);
    expect(host.output).toBe(`What answers at ${strange}, with 404, is no Restate server\n`);
    stranger.close();
  });

  const plugin = {
    name: 'plugin',
    driver: 'wasm',
    options: { module: path.resolve('examples/agents/word-count.wasm') },
  };
  const bare = [...POLYFILL, '--import', withoutPackage('@extism/extism')];
  const missing = 'The driver wasm needs a package that is not installed: npm install @extism/extism';

  it('exits with 2 where a driver of the config lacks its package, before anything starts', async () => {
    const plugins = path.join(folder, 'plugins.json');
    writeFileSync(plugins, JSON.stringify({ agents: [plugin] }));
    const host = serve([plugins, ...restate()], bare);
    expect([await host.exited, host.output]).toEqual([2, `${missing}\n`]);
  });

  it('fails an agent that is deployed to it, and says that its driver lacks its package', async () => {
    const host = serve([...restate(), '--host-name', 'bare', '--requests-port', '0'], bare);
    await host.has(/Its agents take requests/);
    const client = createLifecycleClient({ ingress: server.ingress });
    const { name, ...spec } = plugin;
    await client.deploy(name, { host: 'bare', ...spec });
    await expect(client.run(name)).rejects.toThrow(missing);
    host.signal('SIGTERM');
    await host.exited;
  });

  it('registers nothing where the port of the requests is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    const host = serve([...restate(), '--host-name', 'late', '--requests-port', String(port)]);
    expect(await host.exited).not.toBe(0);
    const { status } = await fetch(`${server.admin}/services/AgentHost-late`);
    expect(status).toBe(404);
    taken.close();
  });

  it('exits with 3 where what is given as the ingress is none, or the ingress as the admin', async () => {
    const swapped = serve([
      '--restate',
      server.admin,
      '--restate-admin',
      server.admin,
      '--port',
      '0',
      '--requests-port',
      '0',
    ]);
    const both = serve([
      '--restate',
      server.ingress,
      '--restate-admin',
      server.ingress,
      '--port',
      '0',
      '--requests-port',
      '0',
    ]);
    expect([await swapped.exited, await both.exited]).toEqual([3, 3]);
  });

  it('exits with 1 where Restate does not take it', async () => {
    const [port] = await freePorts(1);
    const nowhere = `http://127.0.0.1:${port ?? 0}`;
    const host = serve([...restate(), '--advertise', nowhere]);
    expect(await host.exited).toBe(1);
    expect(host.output).toContain(`Restate does not take the services at ${nowhere}: `);
  });

  it('exits with 2 for a command line, a config or a Node that is not what it should be', async () => {
    const restarted = path.join(folder, 'restarted.json');
    writeFileSync(restarted, JSON.stringify({ agents: [{ ...upperCase, restart: { type: 'permanent' } }] }));
    const lacking = path.join(folder, 'lacking.mjs');
    writeFileSync(lacking, 'delete Promise.withResolvers;');
    const runs = [
      serve(['--restate', 'nonsense']),
      serve([...restate(), '--host-name', 'a b']),
      serve([restarted, ...restate()]),
      serve(restate(), ['--import', lacking]),
    ];
    expect(await Promise.all(runs.map(({ exited }) => exited))).toEqual([2, 2, 2, 2]);
    expect(
      runs.map(({ output }) =>
        output
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/\d+\.\d+\.\d+/, 'X'),
      ),
    ).toEqual([
      expect.stringContaining('Expected an http or https URL'),
      expect.stringContaining('Expected 1 to 63 letters, digits, - and _.'),
      "  agents[0].restart: expected none: Restate's agents are not supervised",
      "Restate's SDK needs Promise.withResolvers, which Node 22 and later have, received Node X",
    ]);
  });
});
