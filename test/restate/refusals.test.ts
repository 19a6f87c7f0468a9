import { afterAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { createLifecycleClient } from '../../src/restate/index.js';
import { registerDeployment } from '../../src/restate/register-deployment.js';
import { freePorts } from './restate-server.js';

const run = promisify(execFile);
const stranger = createServer((_, response) => response.writeHead(418).end('a teapot'));
await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
const strange = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
const [closedPort] = await freePorts(1);
const closed = `http://127.0.0.1:${closedPort ?? 0}`;

afterAll(() => {
  stranger.close();
});

describe('the distributed tier', () => {
  it('refuses a Node that lacks what the SDK needs, and its entry is imported all the same', async () => {
    const program = `
      delete Promise.withResolvers;
      const { serveRestate } = await import('xstate-agent-lifecycle/restate');
      const options = { ingress: '${closed}', admin: '${closed}', host: 'a', drivers: {} };
      const { code, detail, message } = await serveRestate(options).catch((error) => error);
      console.log(JSON.stringify({ code, detail, message }));
    `;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const expected = 'Promise.withResolvers, which Node 22 and later have';
    const received = `Node ${process.versions.node}`;
    expect(JSON.parse(stdout)).toEqual({
      code: 'NodeTooOld',
      detail: { code: 'NodeTooOld', expected, received },
      message: `Restate's SDK needs ${expected}, received ${received}`,
    });
  });

  it('says that no Restate server answers', async () => {
    await expect(createLifecycleClient({ ingress: closed }).status('a')).rejects.toMatchObject({
      code: 'Unreachable',
      detail: { url: closed },
    });
    await expect(registerDeployment(closed, strange)).rejects.toMatchObject({ code: 'Unreachable' });
  });

  it('says what was expected and what came, before anything is sent', async () => {
    const client = createLifecycleClient({ ingress: closed });
    const calls = [
      client.status('.'),
      client.command('a', { type: 'agent.load' }, { idempotencyKey: '' }),
      client.command('a', { type: 'agent.load' }, { idempotencyKey: '\ud800' }),
      client.command('a', { type: 'x'.repeat(1_000_000) }),
      client.deploy('a', { host: 'one', driver: '' }),
      client.deploy('a', { host: 'one', driver: 'd', options: 'x'.repeat(65_536) }),
      client.deploy('a', { host: 'one', driver: 'd', transitionTimeout: 3 }),
      client.waitFor('a', 'nonsense' as never),
      client.waitFor('a', 'running', { timeout: Number.NaN }),
      client.waitFor('a', 'running', { timeout: -1 }),
    ];
    const errors = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    expect(errors.map((error) => (error as Error).message)).toEqual([
      'name: expected a string of 1 to 255 characters, neither . nor .., received "."',
      'idempotencyKey: expected a string of 1 to 1000 characters, received ""',
      'idempotencyKey: expected a string of 1 to 1000 characters, received "\\ud800"',
      'type: expected 255 characters at most, received a string of 1000000 characters',
      'driver: expected 1 to 255 characters, received ""',
      'options: expected 65536 bytes of JSON at most, received a string of 65536 characters',
      'transitionTimeout: expected 1000 at least, received 3',
      expect.stringMatching(/^tag: expected one of unloaded, .*, received "nonsense"$/),
      expect.stringMatching(/^timeout: expected .*, received NaN$/),
      'timeout: expected 0 at least, received -1',
    ]);
    expect(errors.every((error) => (error as { code?: string }).code === 'InvalidMessage')).toBe(true);
  });

  it('says that what answers is no Restate server', async () => {
    await expect(createLifecycleClient({ ingress: strange }).status('a')).rejects.toMatchObject({
      code: 'NotRestate',
      detail: { code: 'NotRestate', url: strange, status: 418 },
    });
    await expect(registerDeployment(strange, closed)).rejects.toMatchObject({ code: 'NotRestate' });
  });
});
