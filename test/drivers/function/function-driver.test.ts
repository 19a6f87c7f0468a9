import { describe, expect, it } from '@jest/globals';
import { createAgentHost, functionDriver, type FunctionHandle } from '../../../src/index.js';
import { driven, DriverCall } from '../driven.js';

describe('functionDriver', () => {
  it('makes an agent of a function, which is a whole host', async () => {
    const host = createAgentHost();
    const agent = host.deploy({
      name: 'upper',
      driver: functionDriver((text) => String(text).toUpperCase()),
    });
    await agent.run();
    expect(await agent.request('hello')).toBe('HELLO');
    await host.shutdown();
  });

  it('passes the call on, as it is', async () => {
    const { driver } = await driven(
      functionDriver((_, call) => call),
      undefined,
    );
    const call = new DriverCall();
    expect(driver.handle('', call)).toBe(call);
  });

  it('calls the methods of an object on it', async () => {
    class Counter {
      #count = 0;

      start() {
        this.#count = 10;
      }

      handle() {
        return ++this.#count;
      }
    }
    const { driver } = await driven(functionDriver(new Counter()), undefined);
    expect([driver.handle('', new DriverCall()), 'stop' in driver]).toEqual([11, false]);
  });

  it('passes a probe on', async () => {
    const probe = () => 'well';
    const { driver } = await driven(functionDriver({ handle: () => 1, probe }), undefined);
    const { signal } = new AbortController();
    expect((driver as unknown as { probe: (call: unknown) => unknown }).probe({ signal })).toBe('well');
  });

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'handle'],
    ['null', null, 'handle'],
    ['a text', 'echo', 'handle'],
    ['an object without handle', {}, 'handle'],
    ['a hook that is no function', { handle: () => 1, start: 'now' }, 'start'],
    ['a field that it does not know', { handle: () => 1, strat: () => 1 }, 'strat'],
  ])('refuses %s', (_, agent, field) => {
    expect(() => functionDriver(agent as FunctionHandle)).toThrow(
      expect.objectContaining({ code: 'InvalidValue', field }),
    );
  });

  it('refuses options, since a function takes none', () => {
    const host = createAgentHost();
    expect(() => host.deploy({ name: 'a', driver: functionDriver(() => 1), options: { a: 1 } })).toThrow(
      expect.objectContaining({ code: 'InvalidValue', field: 'options' }),
    );
  });
});
