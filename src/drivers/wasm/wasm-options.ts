import * as z from 'zod';

const PAGE = 65_536;

/**
 * What a WebAssembly agent needs to know. A plugin gets no file system, no network, no environment and bounded
 * time and memory, unless these options grant more.
 */
export const wasmOptionsSchema = z.strictObject({
  /** The path of the module, or its bytes. */
  module: z.union([z.string().min(1), z.custom<Uint8Array>((value) => value instanceof Uint8Array)], {
    error: 'expected the path of a WebAssembly module, or its bytes',
  }),
  /** The exported function that answers a request. */
  entrypoint: z.string().min(1).default('handle'),
  /** Milliseconds that a request may take, from 1 to 600 000. */
  requestTimeout: z.int().min(1).max(600_000).default(30_000),
  /** Bytes of linear memory, and once more of what the plugin exchanges with its host in a call. */
  maxMemory: z
    .int()
    .min(PAGE)
    .max(65_536 * PAGE)
    .default(64 * 1024 * 1024),
  /** Elements of all tables of the module together. */
  maxTableElements: z.int().min(0).max(1_000_000).default(100_000),
  /** Bytes of a request. */
  maxInput: z
    .int()
    .min(0)
    .max(1024 * 1024 * 1024)
    .default(1024 * 1024),
  /** What the plugin may ask its host for by name. */
  config: z.record(z.string(), z.string()).default({}),
  /** Folders of the host that the plugin may use, by the name under which it sees each. */
  allowedPaths: z.record(z.string(), z.string()).default({}),
  /** Hosts that the plugin may speak HTTP with; `*` in a name stands for any part of it. */
  allowedHosts: z.array(z.string().min(1)).default([]),
});

/** The options as they are given. */
export type WasmOptions = z.input<typeof wasmOptionsSchema>;

export type ResolvedWasmOptions = z.output<typeof wasmOptionsSchema>;

export function pagesIn(bytes: number): number {
  return Math.floor(bytes / PAGE);
}
