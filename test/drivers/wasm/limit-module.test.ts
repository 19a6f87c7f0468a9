import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { limitModule } from '../../../src/drivers/wasm/limit-module.js';
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

describe('limitModule', () => {
  it.each([
    ['sets a maximum where there is none', '(memory (export "memory") 1)', 5, 5],
    ['lowers a maximum over the limit', '(memory (export "memory") 1 300)', 200, 200],
    ['keeps a maximum under the limit', '(memory (export "memory") 1 3)', 5, 3],
    ['takes a memory that begins at the limit', '(memory (export "memory") 5)', 5, 5],
  ])('%s', async (_, memory, limit, pages) => {
    expect(
      await largest(
        limitModule(wasm(`(module ${memory})`), {
          maxPages: limit,
          maxTableElements: 10,
          maxFunctionSize: 100,
        }),
      ),
    ).toBe(pages);
  });

  it('refuses a memory that begins over the limit', () => {
    expect(() =>
      limitModule(wasm('(module (memory 6))'), { maxPages: 5, maxTableElements: 10, maxFunctionSize: 100 }),
    ).toThrow(new WasmDriverError('MemoryOverLimit', 'it begins with 6 pages of memory, 5 are allowed'));
  });

  it.each([
    ['sets a maximum where there is none', '(table (export "table") 1 funcref)', 10],
    ['lowers a maximum over the limit', '(table (export "table") 1 300 externref)', 10],
    ['keeps a maximum under the limit', '(table (export "table") 1 3 funcref)', 3],
    ['shares the limit out', '(table (export "table") 1 funcref) (table 1 funcref)', 5],
  ])('%s of a table', async (_, table, elements) => {
    const limited = limitModule(wasm(`(module ${table})`), {
      maxPages: 5,
      maxTableElements: 10,
      maxFunctionSize: 100,
    });
    const { instance } = await WebAssembly.instantiate(limited);
    const grown = instance.exports['table'] as WebAssembly.Table;
    grown.grow(elements - 1);
    expect(() => grown.grow(1)).toThrow(RangeError);
  });

  it('refuses a table that begins over the limit', () => {
    expect(() =>
      limitModule(wasm('(module (table 11 funcref))'), {
        maxPages: 5,
        maxTableElements: 10,
        maxFunctionSize: 100,
      }),
    ).toThrow(
      new WasmDriverError('MemoryOverLimit', 'it begins with 11 elements of a table, 10 are allowed'),
    );
  });

  it('leaves a module without memory as it is', () => {
    const module = wasm('(module (func (export "handle")))');
    expect(limitModule(module, { maxPages: 5, maxTableElements: 10, maxFunctionSize: 100 })).toEqual(module);
  });

  it('refuses what is no module with an error of its own, whatever it is', () => {
    const damaged = fc
      .tuple(fc.nat(ANSWERS.length), fc.uint8Array({ maxLength: 20 }))
      .map(([at, tail]) => Uint8Array.from([...ANSWERS.subarray(0, at), ...tail]));
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          limitModule(bytes, { maxPages: 5, maxTableElements: 10, maxFunctionSize: 100 });
        } catch (error) {
          expect(error).toBeInstanceOf(WasmDriverError);
        }
      }),
    );
  });
});
