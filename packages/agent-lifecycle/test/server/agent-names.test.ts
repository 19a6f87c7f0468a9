import { describe, expect, it } from '@jest/globals';
import { HostClient } from '../../src/command/operate/host-client.js';
import { createAgentHost } from 'xstate-agent-lifecycle';
import { serveAgents } from '../../src/server/serve-agents.js';
import { ScriptedDriver } from '../../../../test/host/scripted-driver.js';

/** Each character that a URL may mean something by, alone, twice, and within others. */
const CHARACTERS = [
  ...Array.from({ length: 0xa1 }, (_, code) => String.fromCodePoint(code)),
  '\u2028',
  '\ufeff',
  '\ufffd',
  '😀',
];
const NAMES = [
  ...CHARACTERS.flatMap((each) => [each, each + each, `a${each}b`]),
  ...[
    '...',
    './a',
    '../a',
    'a/..',
    'a/../b',
    '%2e',
    '%2E%2E',
    '%2F',
    '%25',
    '%zz',
    '%',
    'a%',
    'a%2',
    'agents/a/stop',
    ':name',
  ],
].filter((name) => name !== '.' && name !== '..');

describe('an agent', () => {
  it('is reached by each name that a config may give it', async () => {
    const { factory } = new ScriptedDriver();
    const host = createAgentHost({ drivers: { scripted: factory } });
    const names = [...new Set(NAMES)];
    host.deployAll(names.map((name) => ({ name, driver: 'scripted' })));
    const server = await serveAgents(host, { hostname: '127.0.0.1', port: 0 });
    const client = new HostClient({ url: server.url });
    const missed: string[] = [];
    for (const name of names) {
      const found = await client.agent(name).catch(() => null);
      const cordoned = await client.command(name, 'cordon').catch(() => null);
      if (found?.name !== name || cordoned?.agent.name !== name) missed.push(name);
    }
    await server.close();
    await host.shutdown({ force: true });
    expect(missed).toEqual([]);
  });

  it.each(['', '.', '..', '\ud83d'])('is asked for by no name that a URL cannot say: %j', async (name) => {
    const client = new HostClient({ url: 'http://127.0.0.1:9' });
    await expect((async () => client.command(name, 'stop'))()).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/^expected the name of an agent that a URL can say, received/),
    });
  });
});
