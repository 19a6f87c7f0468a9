import { describe, expect, it } from '@jest/globals';
import { HostClient } from '../../../src/command/operate/host-client.js';
import { showProgress } from '../../../src/command/operate/show-progress.js';
import { turn } from '../../../../../test/host/host-rig.js';
import { servedHost } from './served-host.js';

/** What is written, and when something is. */
function outputFor(isTTY: boolean) {
  const texts: string[] = [];
  const has = async (text: string) => {
    while (!texts.some((each) => each.includes(text))) await turn();
  };
  return { isTTY, texts, has, write: (text: string) => texts.push(text) };
}

async function drained(isTTY: boolean) {
  const { server, agent, driver } = await servedHost();
  driver.hold('handle', 'stop');
  const client = new HostClient({ url: server.url });
  const request = agent.request('held');
  const output = outputFor(isTTY);
  const drain = showProgress(client.command('agent', 'drain'), () => client.agent('agent'), output, 1);
  await output.has('draining: 1 left, ');
  driver.last('handle').resolve();
  await request;
  await output.has('stopping');
  driver.last('stop').resolve();
  return { output, answer: await drain };
}

describe('the progress of a command', () => {
  it('is a line for whatever is new, where there is no terminal', async () => {
    const { output, answer } = await drained(false);
    expect([output.texts, answer.agent.state]).toEqual([
      [
        expect.stringMatching(/^draining: 1 left, (1:00|0:\d\d)\n$/),
        expect.stringMatching(/^stopping, 0:\d\d\n$/),
      ],
      'stopped',
    ]);
  });

  it('is one line of a terminal, which is gone at the end', async () => {
    const { output } = await drained(true);
    expect(output.texts.at(-1)).toBe('\r\u001b[K');
    expect(output.texts.every((text) => text.startsWith('\r') && text.endsWith('\u001b[K'))).toBe(true);
  });

  it('tells of a swap that the new version comes up, and that the old one drains', async () => {
    const { server, agent, driver } = await servedHost();
    driver.hold('handle', 'start');
    const client = new HostClient({ url: server.url });
    const request = agent.request('held');
    const output = outputFor(false);
    const swap = client.swap('agent', { versionNumber: 2 });
    const shown = showProgress(swap, () => client.agent('agent'), output, 1);
    await output.has('coming up');
    driver.last('start').resolve();
    await output.has('drains');
    driver.last('handle').resolve();
    await Promise.all([request, shown]);
    expect(output.texts).toEqual([
      'version 2 is coming up\n',
      'version 2 has taken over, the one before drains\n',
    ]);
  });

  it('is nothing where the agent cannot be asked, and the error of the command is told', async () => {
    const output = outputFor(false);
    let asked = 0;
    const look = () => {
      asked++;
      return Promise.reject(new Error('gone'));
    };
    let fail = (_: Error): void => undefined;
    const command = new Promise((_, reject) => {
      fail = reject;
    });
    const shown = showProgress(command, look, output, 1);
    while (asked < 2) await turn();
    fail(new Error('refused'));
    await expect(shown).rejects.toThrow('refused');
    expect(output.texts).toEqual([]);
  });
});
