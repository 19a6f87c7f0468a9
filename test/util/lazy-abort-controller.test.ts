import { describe, expect, it } from '@jest/globals';
import { LazyAbortController } from '../../src/util/lazy-abort-controller.js';

const reason = new Error('told to');
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
});
