import * as z from 'zod';
import { parseAllowedHost } from './allowed-hosts.js';

const PAGE = 65_536;
const MEBIBYTE = 1024 * 1024;

/** A text that the plugin gets as it is: half a surrogate pair has no UTF-8, and a system call ends at a NUL. */
const text = z
  .string()
  .refine((value) => value.isWellFormed(), { error: 'expected a text without half a surrogate pair' });
const path = text.refine((value) => !value.includes('\0'), { error: 'expected a path without a NUL' });

/**
 * The options of a WebAssembly agent. A plugin gets no file system, no network, no environment and bounded
 * memory, unless these options grant more.
 */
export const wasmOptionsSchema = z.strictObject({
  /** The path of the module, or its bytes. */
  module: z.union([path.min(1), z.custom<Uint8Array>((value) => value instanceof Uint8Array)], {
    error: 'expected the path of a WebAssembly module, or its bytes',
  }),
  /** The exported function that answers a request. */
  entrypoint: z.string().min(1).default('handle'),
  /** Bytes of linear memory, and once more of what the plugin exchanges with its host in a call. */
  maxMemory: z
    .int()
    .min(PAGE)
    .max(65_536 * PAGE)
    .default(64 * MEBIBYTE),
  /** Bytes of the module. */
  maxModuleSize: z
    .int()
    .min(1)
    .max(1024 * MEBIBYTE)
    .default(64 * MEBIBYTE),
  /** Bytes of each of its functions. To compile one takes up to some 300 times as much. */
  maxFunctionSize: z
    .int()
    .min(1)
    .max(8 * MEBIBYTE)
    .default(MEBIBYTE / 2),
  /** Elements of all tables of the module together. */
  maxTableElements: z.int().min(0).max(1_000_000).default(100_000),
  /** Bytes of a request. */
  maxInput: z
    .int()
    .min(0)
    .max(1024 * MEBIBYTE)
    .default(MEBIBYTE),
  /** Bytes of all requests that wait for the one before them. */
  maxQueued: z
    .int()
    .min(0)
    .max(1024 * MEBIBYTE)
    .default(16 * MEBIBYTE),
  /** Bytes of all variables of the plugin, with their names and 256 more for each. */
  maxVarBytes: z
    .int()
    .min(0)
    .max(1024 * MEBIBYTE)
    .default(MEBIBYTE),
  /** What the plugin may ask its host for by name. */
  config: z.record(text, text).default({}),
  /**
   * Folders of the host that the plugin may use, by the name under which it sees each. What lies outside of them is
   * out of reach by symbolic links, too; the plugin can make none.
   */
  allowedPaths: z.record(path, path.min(1)).default({}),
  /**
   * Hosts that the plugin may speak HTTP with, each with a port if need be; `*` stands for any part of a name. Each
   * redirect is held against them. A name that resolves to an address of this machine or its network needs that
   * address here, too.
   */
  allowedHosts: z
    .array(
      z.string().refine((entry) => parseAllowedHost(entry) !== null, {
        error: 'expected the name or address of a host, such as example.com, *.example.com or 127.0.0.1:8080',
      }),
    )
    .default([]),
  /** From which level on the messages of the plugin are passed on. */
  logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
});

/** The options as they are given. */
export type WasmOptions = z.input<typeof wasmOptionsSchema>;

export type ResolvedWasmOptions = z.output<typeof wasmOptionsSchema>;

export function pagesIn(bytes: number): number {
  return Math.floor(bytes / PAGE);
}
