import * as z from 'zod';
import { childOptionsSchema } from '../child/child-options.js';

/** The options of a process agent. */
export const processOptionsSchema = z.strictObject({
  ...childOptionsSchema.shape,
  /** Bytes of a line, in either direction, from 64 bytes to 1 GiB. */
  maxLine: z
    .int()
    .min(64)
    .max(1024 * 1024 * 1024)
    .default(1024 * 1024),
});

/** The options as they are given. */
export type ProcessOptions = z.input<typeof processOptionsSchema>;

export type ResolvedProcessOptions = z.output<typeof processOptionsSchema>;
