import type { InspectionEvent, Observer } from 'xstate';
import * as z from 'zod/mini';
import { InspectError } from './inspect-error.js';
import type { InspectedEvent } from './inspected-event.js';

/** Receives inspection events: the result of `createBrowserInspector` or `createWebSocketInspector`, or another. */
export interface Inspector {
  readonly inspect: Observer<InspectionEvent>;
}

/** What an inspector receives, and how fast. */
export interface InspectOptions {
  readonly inspector: Inspector;
  /**
   * How much leaves the process. By default, `record`, that is of a context the fields of the lifecycle's record, but
   * not why it failed; of an event its type; nothing of outputs and errors. With `full` it is all of them.
   */
  readonly context?: 'record' | 'full' | undefined;
  /** Chooses what leaves in the place of an event, whatever `context` says; null for nothing. */
  readonly sanitize?: ((event: InspectedEvent) => InspectedEvent | null) | undefined;
  /** Of objects within objects, from 1 to 20, under which nothing is shown; 6 by default. */
  readonly maxDepth?: number | undefined;
  /** Characters of a text, from 1 to 10 000, after which it is cut; 200 by default. */
  readonly maxLength?: number | undefined;
  /** Events a second, from 1 to 10 000; 1 000 by default. */
  readonly rate?: number | undefined;
  /** Events that wait to be sent, from 1 to 100 000, before the oldest is dropped; 1 000 by default. */
  readonly bufferSize?: number | undefined;
}

export type ResolvedInspectOptions = z.output<typeof inspectOptionsSchema>;

/** @throws {InspectError} `InvalidOptions` */
export function resolveInspectOptions(options: InspectOptions): ResolvedInspectOptions {
  const parsed = inspectOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new InspectError('InvalidOptions', z.prettifyError(parsed.error));
}

const integer = (min: number, max: number, byDefault: number) =>
  z._default(z.int().check(z.gte(min), z.lte(max)), byDefault);

const inspectOptionsSchema = z.strictObject({
  inspector: z.custom<Inspector>(isInspector, 'Expected an inspector, which has inspect.next'),
  context: z._default(z.enum(['record', 'full']), 'record'),
  sanitize: z.optional(
    z.custom<NonNullable<InspectOptions['sanitize']>>(
      (value) => typeof value === 'function',
      'Expected a function',
    ),
  ),
  maxDepth: integer(1, 20, 6),
  maxLength: integer(1, 10_000, 200),
  rate: integer(1, 10_000, 1_000),
  bufferSize: integer(1, 100_000, 1_000),
});

function isInspector(value: unknown): boolean {
  return typeof (value as Partial<Inspector> | null | undefined)?.inspect?.next === 'function';
}
