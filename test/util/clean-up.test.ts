import { describe, expect, it } from '@jest/globals';
import { withCleanUp, withCleanUpSync } from '../../src/util/clean-up.js';

function failing(message: string): () => never {
  return () => {
    throw new Error(message);
  };
}

const nothing = () => undefined;

describe('withCleanUp', () => {
  it('cleans up after the work, whatever it came to', async () => {
    const done: string[] = [];
    const cleanUp = () => void done.push('cleaned up');
    const work = async () => {
      await Promise.resolve();
      done.push('worked');
      return 5;
    };
    expect([await withCleanUp(work, cleanUp), done]).toEqual([5, ['worked', 'cleaned up']]);
    await expect(withCleanUp(failing('boom'), cleanUp)).rejects.toThrow('boom');
    expect(done).toEqual(['worked', 'cleaned up', 'cleaned up']);
  });

  it('tells what the work threw where the cleaning up fails, too', async () => {
    await expect(withCleanUp(failing('first'), failing('second'))).rejects.toThrow('first');
    await expect(withCleanUp(failing('first'), () => Promise.reject(new Error('second')))).rejects.toThrow(
      'first',
    );
  });

  it('tells that the cleaning up failed where nothing else did', async () => {
    await expect(withCleanUp(nothing, failing('second'))).rejects.toThrow('second');
  });
});

describe('withCleanUpSync', () => {
  it('cleans up after the work', () => {
    const done: string[] = [];
    expect([
      withCleanUpSync(
        () => 5,
        () => void done.push('cleaned up'),
      ),
      done,
    ]).toEqual([5, ['cleaned up']]);
  });

  it('tells the first error', () => {
    expect(() => withCleanUpSync(failing('first'), failing('second'))).toThrow('first');
    expect(() => withCleanUpSync(failing('first'), nothing)).toThrow('first');
    expect(() => {
      withCleanUpSync(nothing, failing('second'));
    }).toThrow('second');
  });
});
