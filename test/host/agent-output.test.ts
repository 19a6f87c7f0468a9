import { describe, expect, it } from '@jest/globals';
import { createAgentHost } from '../../src/index.js';
import { runningAgent } from './host-rig.js';
import { ScriptedDriver } from './scripted-driver.js';

describe('what an agent has printed', () => {
  it('reaches the host with the agent and its generation', () => {
    const driver = new ScriptedDriver();
    const received: unknown[] = [];
    const host = createAgentHost({
      drivers: { scripted: driver.factory },
      onOutput: (output, agent) => received.push([agent.name, output]),
    });
    host.deploy({ name: 'agent', driver: 'scripted' });
    driver.deployment?.output('stderr', 'no database');
    expect(received).toEqual([['agent', { stream: 'stderr', text: 'no database', generation: 1 }]]);
  });

  it('is cut at 8 192 characters', () => {
    const driver = new ScriptedDriver();
    const lengths: number[] = [];
    const host = createAgentHost({
      drivers: { scripted: driver.factory },
      onOutput: ({ text }) => lengths.push(text.length),
    });
    host.deploy({ name: 'agent', driver: 'scripted' });
    driver.deployment?.output('stdout', 'a'.repeat(100_000));
    expect(lengths).toEqual([8_192]);
  });

  it('harms nobody where the host throws on it', () => {
    const driver = new ScriptedDriver();
    const errors: unknown[] = [];
    const error = new Error('the log is full');
    const host = createAgentHost({
      drivers: { scripted: driver.factory },
      onError: (thrown) => errors.push(thrown),
      onOutput: () => {
        throw error;
      },
    });
    host.deploy({ name: 'agent', driver: 'scripted' });
    driver.deployment?.output('stdout', 'hello');
    expect(errors).toEqual([error]);
  });
});

describe('a notice of a driver', () => {
  it('is an entry of the journal, and ends nothing', async () => {
    const { agent, driver } = await runningAgent();
    driver.deployment?.notice('skipped a line that is no message');
    expect([agent.state, agent.journal.entries.at(-1)]).toEqual([
      'running',
      expect.objectContaining({
        type: 'notice',
        message: 'skipped a line that is no message',
        generation: 1,
      }),
    ]);
  });

  it('is not kept from the 101st on, so that other entries stay', async () => {
    const { agent, driver } = await runningAgent();
    for (let count = 1; count <= 500; count++) driver.deployment?.notice(`notice ${count}`);
    const messages = agent.journal.entries.flatMap((entry) =>
      entry.type === 'notice' ? [entry.message] : [],
    );
    expect([messages.length, messages.at(-1)]).toEqual([100, 'notice 100 (the last notice)']);
  });
});
