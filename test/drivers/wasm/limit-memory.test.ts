import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limitMemory } from '../../../src/drivers/wasm/limit-memory.js';
import { WasmDriverError } from '../../../src/drivers/wasm/wasm-driver-error.js';
import { ANSWERS, wasm } from './plugins.js';

async function largest(bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const { instance } = await WebAssembly.instantiate(bytes);
  const memory = instance.exports['memory'] as WebAssembly.Memory;
  for (;;) {
    try {
      memory.grow(1);
    } catch {
      return memory.buffer.byteLength / 65_536;
    }
  }
}

describe('limitMemory', () => {
  it.each([
    ['sets a maximum where there is none', '(memory (export "memory") 1)', 5, 5],
    ['lowers a maximum over the limit', '(memory (export "memory") 1 300)', 200, 200],
    ['keeps a maximum under the limit', '(memory (export "memory") 1 3)', 5, 3],
    ['takes a memory that begins at the limit', '(memory (export "memory") 5)', 5, 5],
  ])('%s', async (_, memory, limit, pages) => {
    expect(await largest(limitMemory(wasm(`(module ${memory})`), limit))).toBe(pages);
  });

  it('refuses a memory that begins over the limit', () => {
    expect(() => limitMemory(wasm('(module (memory 6))'), 5)).toThrow(
      new WasmDriverError('MemoryOverLimit', 'it begins with 6 pages, 5 are allowed'),
    );
  });

  it('leaves a module without memory as it is', () => {
    const module = wasm('(module (func (export "handle")))');
    expect(limitMemory(module, 5)).toEqual(module);
  });

  it('refuses what is no module with an error of its own, whatever it is', () => {
    const damaged = fc
      .tuple(fc.nat(ANSWERS.length), fc.uint8Array({ maxLength: 20 }))
      .map(([at, tail]) => Uint8Array.from([...ANSWERS.subarray(0, at), ...tail]));
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          limitMemory(bytes, 5);
        } catch (error) {
          expect(error).toBeInstanceOf(WasmDriverError);
        }
      }),
    );
  });
});
