import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';

const megabytes = z.number().positive().optional();

/**
 * What a worker agent needs to know. A worker is no sandbox: it may do what its host may, and only its memory and the
 * time of its requests are bounded.
 */
export const workerOptionsSchema = z.strictObject({
  /** The JavaScript module: its path, from the working folder on, or its file URL. */
  module: z
    .union([z.string().min(1), z.custom<URL>((value) => value instanceof URL)], {
      error: 'expected the path of a JavaScript module, or its file URL',
    })
    .transform(urlOf)
    .refine(({ protocol }) => protocol === 'file:', 'expected a file URL'),
  /** Handed to the module when it starts, as a structured clone; it is its `workerData`, too. */
  data: z.unknown().refine(isCloneable, 'expected what can be cloned').optional(),
  /** Milliseconds that a request may take, from 1 to 600 000. */
  requestTimeout: z.int().min(1).max(600_000).default(30_000),
  /** Megabytes of the worker's memory, each over 0; Node's own limits by default. */
  resourceLimits: z
    .strictObject({
      maxOldGenerationSizeMb: megabytes,
      maxYoungGenerationSizeMb: megabytes,
      stackSizeMb: megabytes,
      codeRangeSizeMb: megabytes,
    })
    .default({}),
  /** The environment that the module sees; a copy of its host's by default. */
  env: z.record(z.string(), z.string()).optional(),
});

/** The options as they are given. */
export type WorkerOptions = z.input<typeof workerOptionsSchema>;

export type ResolvedWorkerOptions = z.output<typeof workerOptionsSchema>;

function urlOf(module: string | URL): URL {
  if (module instanceof URL) return module;
  return URL.canParse(module) && module.startsWith('file:')
    ? new URL(module)
    : pathToFileURL(path.resolve(module));
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
