import path from 'node:path';
import * as z from 'zod';
import { mcpOptionsSchema } from 'xstate-agent-lifecycle/drivers/mcp';
import { type Command, processOptionsSchema } from 'xstate-agent-lifecycle/drivers/process';
import { wasmOptionsSchema } from 'xstate-agent-lifecycle/drivers/wasm';
import { workerOptionsSchema } from 'xstate-agent-lifecycle/drivers/worker';
import { type AgentDriverFactory, loadPackage } from 'xstate-agent-lifecycle';

/** A driver as a config knows it. */
export interface ConfigDriver<OptionsSchema extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** The options that can be written as JSON. */
  readonly optionsSchema: OptionsSchema;
  /** The options with their paths made absolute; what is relative is so to the folder of the config. */
  resolvePaths(options: z.output<OptionsSchema>, folder: string): z.input<OptionsSchema>;
  /** What must be there for an agent to come up. */
  filesOf(options: unknown): readonly NeededFile[];
  /** The optional package that the driver needs, and a module of it. */
  readonly needs?: { readonly package: string; readonly module: string };
  /** Loads the driver, where a config names it. */
  readonly createFactory: () => Promise<AgentDriverFactory>;
}

/** What an agent needs of the disk. */
export type NeededFile = {
  /** The option that names it. */
  readonly option: string;
} & (
  | { readonly kind: 'file' | 'folder'; readonly place: string }
  | { readonly kind: 'command'; readonly child: Command }
);

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
  filesOf: (options) => {
    const { module, allowedPaths = {} } = options as {
      module: string;
      allowedPaths?: Record<string, string>;
    };
    return [
      needed('module', 'file', module),
      ...Object.entries(allowedPaths).map(([name, place]) => needed(`allowedPaths.${name}`, 'folder', place)),
    ];
  },
  needs: { package: '@extism/extism', module: '@extism/extism' },
  createFactory: async () => (await import('xstate-agent-lifecycle/drivers/wasm')).wasmDriver(),
});

const worker = configDriver({
  name: 'worker',
  optionsSchema: workerOptionsSchema.extend({ module: z.string().min(1) }),
  resolvePaths: ({ module, ...options }, folder) => ({
    ...options,
    module: isFileUrl(module) ? module : path.resolve(folder, module),
  }),
  filesOf: (options) => {
    const { module } = options as { module: string };
    // The driver looks for what a URL names, when it loads the agent.
    return isFileUrl(module) ? [] : [needed('module', 'file', module)];
  },
  createFactory: async () => (await import('xstate-agent-lifecycle/drivers/worker')).workerDriver(),
});

const process = configDriver({
  name: 'process',
  optionsSchema: processOptionsSchema,
  resolvePaths: runsIn,
  filesOf: childFiles,
  createFactory: async () => (await import('xstate-agent-lifecycle/drivers/process')).processDriver(),
});

const mcp = configDriver({
  name: 'mcp',
  optionsSchema: mcpOptionsSchema,
  resolvePaths: runsIn,
  filesOf: childFiles,
  needs: { package: '@modelcontextprotocol/sdk', module: '@modelcontextprotocol/sdk/client/index.js' },
  createFactory: async () => (await import('xstate-agent-lifecycle/drivers/mcp')).mcpDriver(),
});

/** The drivers that an agent of a config may name. */
export const CONFIG_DRIVERS: readonly [ConfigDriver, ...ConfigDriver[]] = [wasm, worker, process, mcp];

/**
 * The drivers that are named, as a host wants them.
 *
 * @throws {MissingPackageError} when the package that a driver needs is not installed
 */
export async function driverFactories(
  names: ReadonlySet<string>,
): Promise<Record<string, AgentDriverFactory>> {
  const named = CONFIG_DRIVERS.filter(({ name }) => names.has(name));
  const factories = named.map(async (driver) => [driver.name, await factoryOf(driver)] as const);
  return Object.fromEntries(await Promise.all(factories));
}

async function factoryOf({ name, needs, createFactory }: ConfigDriver): Promise<AgentDriverFactory> {
  if (needs !== undefined) {
    // It is looked for, not loaded: agents load what they need, some of it in threads of their own.
    await loadPackage(needs.package, `The driver ${name}`, () => import.meta.resolve(needs.module));
  }
  return createFactory();
}

function runsIn<Options extends { readonly cwd: string }>(options: Options, folder: string): Options {
  return { ...options, cwd: path.resolve(folder, options.cwd) };
}

function childFiles(options: unknown): readonly NeededFile[] {
  const { command, cwd, env = {} } = options as Omit<Command, 'env'> & Partial<Command>;
  return [needed('cwd', 'folder', cwd), { option: 'command', kind: 'command', child: { command, cwd, env } }];
}

function isFileUrl(module: string): boolean {
  return module.startsWith('file:');
}

function needed(option: string, kind: 'file' | 'folder', place: string): NeededFile {
  return { option, kind, place };
}

/** Has the compiler hold a driver's functions against its own options, which the table no longer knows. */
function configDriver<OptionsSchema extends z.ZodType>(driver: ConfigDriver<OptionsSchema>): ConfigDriver {
  return driver;
}
