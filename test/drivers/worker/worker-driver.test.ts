import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { BroadcastChannel } from 'node:worker_threads';
import { waitFor } from 'xstate';
import { workerDriver, type WorkerOptions } from '../../../src/drivers/worker/index.js';
import { driven, DriverCall, outOfTime } from '../driven.js';
import { AGENTS, deploy, endOf, running, SCRIPTED } from './worker-rig.js';

class Place {
  readonly latitude = 52;
}

describe('the module of a worker agent', () => {
  it.each<[string, string | URL]>([
    ['a path', SCRIPTED],
    ['a file URL', pathToFileURL(path.resolve(SCRIPTED))],
    ['the text of a file URL', pathToFileURL(path.resolve(SCRIPTED)).href],
  ])('is given as %s', async (_, module) => {
    const agent = await running({ module });
    expect(await agent.request({ do: 'tellData' })).toBeUndefined();
  });

  it('is handed its data when it starts', async () => {
    const agent = await running({ data: new Map([['answer', 42]]) });
    expect(await agent.request({ do: 'tellData' })).toEqual(new Map([['answer', 42]]));
  });

  it('sees the environment that it is given and no other', async () => {
    const agent = await running({ env: { COLOUR: 'red' } });
    expect(await agent.request({ do: 'tellEnvironment' })).toEqual({ COLOUR: 'red' });
  });

  it('sees each variable as it was given, whatever characters it has', async () => {
    const env = {
      'A=B': '1',
      constructor: 'c',
      'with space': ' \t',
      LINES: 'a\nb',
      NUL: 'a\0b',
      'Grün 😀': '😀',
    };
    const agent = await running({ env });
    expect(await agent.request({ do: 'tellEnvironment' })).toEqual(env);
  });

  it('is found whatever characters its path has', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'worker-'));
    const module = path.join(folder, "a b%20#?&'\n😀.mjs");
    await copyFile(SCRIPTED, module);
    const agent = await running({ module });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
    await rm(folder, { recursive: true });
  });

  it('answers text in upper case where it is the example', async () => {
    const agent = await running({ module: 'examples/agents/uppercase.js' });
    const answers = await Promise.all(
      ['hello', new TextEncoder().encode('wörld')].map((text) => agent.request(text)),
    );
    expect(answers).toEqual(['HELLO', 'WÖRLD']);
  });
});

describe('a module that cannot run', () => {
  it('fails when it is loaded if there is no such file', async () => {
    const agent = deploy({ module: '/no/such/agent.js' });
    await agent.load();
    expect(agent.record.failureReason).toContain('The module cannot be read: ENOENT');
  });

  it('fails when it is loaded if it is a FIFO', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'worker-'));
    const module = path.join(folder, 'fifo.mjs');
    execFileSync('mkfifo', [module]);
    const agent = deploy({ module });
    await agent.load();
    expect(agent.record.failureReason).toBe(
      `The module cannot be read: ${pathToFileURL(module).href} is a FIFO, expected a regular file`,
    );
    await rm(folder, { recursive: true });
  });

  it.each([
    ['throws on import', 'throws-on-import.js', 'The module cannot be imported: it does not work here'],
    ['ends its worker on import', 'exits-on-import.js', 'The worker has come to its end: exit code 4'],
    [
      'answers no requests',
      'without-handle.js',
      'The module does not export the function that answers requests: expected an exported function "handle"',
    ],
  ])('fails when it is instantiated if it %s', async (_, module, reason) => {
    const agent = deploy({ module: `${AGENTS}/${module}` });
    await agent.load();
    await agent.instantiate();
    expect([agent.state, agent.record.failureReason]).toEqual(['failed', reason]);
  });
});

describe('a request', () => {
  it('is answered while another is pending', async () => {
    const agent = await running();
    const controller = new AbortController();
    const pending = agent.request({ do: 'waitForCancel' }, { signal: controller.signal });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
    controller.abort(new Error('never mind'));
    await expect(pending).rejects.toThrow('never mind');
  });

  it('has the error that the module threw as its cause, with name, message and code', async () => {
    const agent = await running();
    await expect(agent.request({ do: 'throwError' })).rejects.toMatchObject({
      code: 'RequestFailed',
      cause: {
        code: 'ModuleFailed',
        message: 'The module failed: it is too far',
        cause: { name: 'RangeError', message: 'it is too far', code: 'TOO_FAR' },
      },
    });
  });

  it('has what was thrown as the message of an error where it was none', async () => {
    const agent = await running();
    await expect(agent.request({ do: 'throwText' })).rejects.toMatchObject({
      cause: { code: 'ModuleFailed', cause: { name: 'Error', message: "'no error at all'" } },
    });
  });

  it('that cannot be cloned fails, and the agent goes on', async () => {
    const agent = await running();
    await expect(agent.request(() => 1)).rejects.toMatchObject({ cause: { code: 'PayloadInvalid' } });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('whose answer cannot be cloned fails, and the agent goes on', async () => {
    const agent = await running();
    await expect(agent.request({ do: 'answerFunction' })).rejects.toMatchObject({
      cause: { code: 'ModuleFailed', cause: { name: 'DataCloneError' } },
    });
    expect(await agent.request({ do: 'echo' })).toEqual({ do: 'echo' });
  });

  it('that its caller gives up is cancelled in the worker', async () => {
    const agent = await running();
    const controller = new AbortController();
    const request = agent.request({ do: 'waitForCancel' }, { signal: controller.signal });
    controller.abort(new Error('never mind'));
    await expect(request).rejects.toThrow('never mind');
    // It is pending until the module, which has heard of it, ends it.
    await waitFor(agent.actor, ({ context }) => context.pendingRequests === 0);
    expect(agent.state).toBe('running');
  });

  it('whose time is over fails, and the agent goes on, whose worker still hears', async () => {
    const { driver, failures } = await driven(workerDriver(), { module: SCRIPTED });
    for (const reason of [outOfTime(), outOfTime()]) {
      const call = new DriverCall();
      const request = driver.handle({ do: 'waitForEver' }, call);
      call.abort(reason);
      await expect(request).rejects.toBe(reason);
    }
    // Longer than a worker has to show that it does.
    await sleep(1_200);
    expect([failures, await driver.handle({ do: 'echo' }, new DriverCall())]).toEqual([[], { do: 'echo' }]);
  });

  it('whose time is over in a loop fails, and then the agent, whose worker hears nothing any more', async () => {
    const { driver, failures } = await driven(workerDriver(), { module: SCRIPTED });
    const call = new DriverCall();
    const request = driver.handle({ do: 'loopForEver' }, call);
    const other = driver.handle({ do: 'echo' }, new DriverCall());
    const reason = outOfTime();
    call.abort(reason);
    await expect(request).rejects.toBe(reason);
    await expect(other).rejects.toMatchObject({ code: 'WorkerBlocked' });
    expect(failures.map(String)).toEqual([
      'WorkerDriverError: The worker was cut since it heard nothing any more: it did not answer within 1000 ms',
    ]);
  });

  it('is answered by what its module returns, whatever else that posts', async () => {
    const agent = await running();
    expect(await agent.request({ do: 'postNonsense' })).toBe('posted');
  });
});

describe('a worker that ends by itself', () => {
  it('stops its agent with exit code 0', async () => {
    const agent = await running();
    await expect(agent.request({ do: 'exit', exitCode: 0 })).rejects.toMatchObject({ code: 'AgentStopped' });
    expect(await endOf(agent)).toEqual(['stopped', null]);
  });

  it('fails its agent with any other exit code', async () => {
    const agent = await running();
    await expect(agent.request({ do: 'exit', exitCode: 3 })).rejects.toMatchObject({ code: 'AgentFailed' });
    expect(await endOf(agent)).toEqual(['failed', 'The worker has come to its end: exit code 3']);
  });

  it('fails its agent with what nobody caught', async () => {
    const agent = await running();
    await agent.request({ do: 'throwOutside' });
    expect(await endOf(agent)).toEqual(['failed', 'The worker has come to its end: nobody catches this']);
  });

  it('fails its agent when its memory is over the limit', async () => {
    const agent = await running({
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    });
    await expect(agent.request({ do: 'fillMemory' })).rejects.toMatchObject({ code: 'AgentFailed' });
    expect(await endOf(agent)).toEqual([
      'failed',
      expect.stringContaining(
        'The worker has come to its end: Worker terminated due to reaching memory limit',
      ),
    ]);
  });
});

describe('a stop', () => {
  it.each([
    ['and terminates a worker that would go on', false],
    ['and takes one that ends its worker with exit code 0', true],
  ])('has the stop function called %s', async (_, exits) => {
    const channel = `${SCRIPTED} ${String(exits)}`;
    const events = new BroadcastChannel(channel);
    const heard = once(events as unknown as EventTarget, 'message');
    const agent = await running({ module: `${AGENTS}/says-when-it-stops.js`, data: { channel, exits } });
    const { result, error } = await agent.stop();
    expect([result.currentState, error]).toEqual(['stopped', null]);
    expect(await heard).toMatchObject([{ data: 'stopped' }]);
    events.close();
  });
});

describe('the options', () => {
  it.each<[unknown, string]>([
    [undefined, 'expected object'],
    [{}, 'expected the path of a JavaScript module, or its file URL'],
    [{ module: new URL('https://example.com/agent.js') }, 'expected a file URL'],
    [{ module: 'a.js', data: () => 1 }, 'expected what can be cloned'],
    [{ module: 'a.js', requestTimeout: 1_000 }, 'requestTimeout'],
    [{ module: 'a.js', resourceLimits: { maxOldGenerationSizeMb: 0 } }, 'maxOldGenerationSizeMb'],
    [{ module: 'a.js', env: { COLOUR: 5 } }, 'COLOUR'],
    [{ module: 'a.js', resourceLimits: { stackSizeMb: 0.1 } }, 'stackSizeMb'],
    [{ module: 'a.js', resourceLimits: { codeRangeSizeMb: 1e9 } }, 'codeRangeSizeMb'],
    [{ module: 'a.js', colour: 'red' }, 'colour'],
    [{ module: 'a\0.js' }, 'module'],
    [{ module: 'a\ud800.js' }, 'module'],
    [{ module: 'a\\b.js' }, 'expected a path without'],
    [{ module: 'a.js', data: { at: new Place() } }, 'the class Place would lose its class'],
    [{ module: 'a.js', env: { '': 'red' } }, 'expected a name'],
    [{ module: 'a.js', env: { 'A\0B': 'red' } }, 'expected a name'],
    [{ module: 'a.js', env: { '\ud800': 'red' } }, 'expected a name'],
    [{ module: 'a.js', env: { COLOUR: '\ud800' } }, 'expected well-formed Unicode'],
    [{ module: 'a.js', env: JSON.parse('{"__proto__":"red"}') as unknown }, '__proto__'],
  ])('are refused when the agent is deployed: %j', (options, detail) => {
    expect(() => deploy(options as WorkerOptions)).toThrow(detail);
  });
});
