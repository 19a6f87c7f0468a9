import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { describeThrown } from '../../util/describe-thrown.js';
import { sizeOfClone } from './structured-clone.js';

const megabytes = z.number().positive().optional();
/** With less Node cannot start the worker, and ends the whole process. */
const stackMegabytes = z.number().min(0.5).optional();
/** Much more cannot be reserved, and ends the whole process. */
const codeMegabytes = z.number().positive().max(2_048).optional();

const environmentSchema = z.preprocess(
  (given, context) => {
    if (isObject(given)) refuseNames(Object.keys(given), context);
    return given;
  },
  z.record(
    z.string(),
    z.string().refine((value) => value.isWellFormed(), { error: 'expected well-formed Unicode' }),
  ),
);

/** Names that a worker would leave out or alter, and one that the schema of a record does. */
function refuseNames(names: readonly string[], context: z.RefinementCtx): void {
  const refused = names.filter(
    (name) => name === '' || name === '__proto__' || name.includes('\0') || !name.isWellFormed(),
  );
  for (const name of refused) {
    const message = `expected a name of well-formed Unicode, not empty, without NUL, and not __proto__, received ${JSON.stringify(name)}`;
    context.addIssue({ code: 'custom', message, path: [name] });
  }
}

/**
 * The options of a worker agent. A worker is no sandbox: it can do whatever its host can. Only its memory is bounded.
 */
export const workerOptionsSchema = z.strictObject({
  /** The JavaScript module: its path, from the working folder on, or its file URL. */
  module: z
    .union(
      [
        z
          .string()
          .min(1)
          .refine((module) => !module.includes('\0') && module.isWellFormed()),
        z.custom<URL>((value) => value instanceof URL),
      ],
      {
        error: 'expected the path of a JavaScript module, or its file URL',
      },
    )
    .transform(urlOf)
    .refine(({ protocol }) => protocol === 'file:', 'expected a file URL')
    // Node imports no such module.
    .refine(
      ({ pathname }) => !/%2f|%5c/i.test(pathname),
      'expected a path without an encoded / or a \\ in a name',
    ),
  /** Handed to the module when it starts, as a structured clone; it is its `workerData`, too. */
  data: z
    .unknown()
    .refine(isCloneable, {
      error: ({ input }) => `expected what can be cloned: ${lossOf(input) ?? 'it cannot'}`,
    })
    .optional(),
  /**
   * Megabytes of the worker's memory, each over 0, of its stack from 0.5, and of its code up to 2 048; Node's own limits
   * by default.
   */
  resourceLimits: z
    .strictObject({
      maxOldGenerationSizeMb: megabytes,
      maxYoungGenerationSizeMb: megabytes,
      stackSizeMb: stackMegabytes,
      codeRangeSizeMb: codeMegabytes,
    })
    .default({}),
  /** The environment that the module sees; a copy of its host's by default. */
  env: environmentSchema.optional(),
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

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isCloneable(value: unknown): boolean {
  return lossOf(value) === null;
}

/** Why a value does not reach a worker as it is. */
function lossOf(value: unknown): string | null {
  try {
    sizeOfClone(value);
    structuredClone(value);
    return null;
  } catch (error) {
    return describeThrown(error);
  }
}
