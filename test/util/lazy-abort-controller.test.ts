import { describe, expect, it } from '@jest/globals';
import { LazyAbortController } from '../../src/util/lazy-abort-controller.js';

const reason = new Error('told to');
const never = new Promise<never>(() => undefined);

describe('a lazy abort controller', () => {
  it('has one signal, which it aborts', () => {
    const controller = new LazyAbortController();
    const { signal } = controller;
    const before = [controller.isAborted, signal.aborted];
    controller.abort(reason);
    expect([before, controller.isAborted, signal.reason]).toEqual([[false, false], true, reason]);
    expect(controller.signal).toBe(signal);
  });

  it('has an aborted signal for who asks for it late', () => {
    const controller = new LazyAbortController();
    controller.abort(reason);
    expect(controller.signal.reason).toBe(reason);
  });

  it('is aborted once', () => {
    const controller = new LazyAbortController();
    controller.abort(reason);
    controller.abort(new Error('again'));
    expect(controller.signal.reason).toBe(reason);
  });

  it('ends the wait for work that does not end', async () => {
    const controller = new LazyAbortController();
    const waits = [controller.orAborted(never), controller.orAborted(never)];
    controller.abort(reason);
    waits.push(controller.orAborted(never));
    expect(await Promise.allSettled(waits)).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason })),
    );
  });

  it('leaves what work comes to as it is', async () => {
    const controller = new LazyAbortController();
    const [done, failed] = [
      controller.orAborted(Promise.resolve(1)),
      controller.orAborted(Promise.reject(reason)),
    ];
    expect(await Promise.allSettled([done, failed])).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason },
    ]);
  });
});
