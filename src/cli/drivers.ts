import path from 'node:path';
import * as z from 'zod';
import { wasmDriver } from '../drivers/wasm/wasm-driver.js';
import { wasmOptionsSchema } from '../drivers/wasm/wasm-options.js';
import type { AgentDriverFactory } from '../host/agent-driver.js';

/** A driver as a config knows it. */
export interface ConfigDriver<OptionsSchema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** The options that can be written as JSON. */
  readonly optionsSchema: OptionsSchema;
  /** The options with their paths made absolute; what is relative is so to the folder of the config. */
  resolvePaths(options: z.output<OptionsSchema>, folder: string): z.output<OptionsSchema>;
  createFactory(): AgentDriverFactory;
}

const wasm = configDriver({
  name: 'wasm',
  optionsSchema: wasmOptionsSchema.extend({ module: z.string().min(1) }),
  resolvePaths: ({ module, allowedPaths, ...options }, folder) => ({
    ...options,
    module: path.resolve(folder, module),
    allowedPaths: Object.fromEntries(
      Object.entries(allowedPaths).map(([seenAs, place]) => [seenAs, path.resolve(folder, place)]),
    ),
  }),
  createFactory: wasmDriver,
});

/** The drivers that an agent of a config may name. */
export const CONFIG_DRIVERS: readonly [ConfigDriver, ...ConfigDriver[]] = [wasm];

/** The drivers as a host wants them. */
export function driverFactories(): Record<string, AgentDriverFactory> {
  return Object.fromEntries(CONFIG_DRIVERS.map((driver) => [driver.name, driver.createFactory()]));
}

/** Has the compiler hold a driver's functions against its own options, which the table no longer knows. */
function configDriver<OptionsSchema extends z.ZodType>(driver: ConfigDriver<OptionsSchema>): ConfigDriver {
  return driver;
}
