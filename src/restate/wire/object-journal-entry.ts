import * as z from 'zod/mini';

const whole = z.int().check(z.minimum(0));
const entry = { sequence: whole, at: z.number(), generation: whole };

/** What an agent's object tells of what has happened to it. */
const journalEntrySchema = z.discriminatedUnion('type', [
  z.strictObject({ ...entry, type: z.literal('deployed'), host: z.string(), versionNumber: whole }),
  z.strictObject({
    ...entry,
    type: z.literal('transition'),
    from: z.string(),
    to: z.string(),
    event: z.string(),
    failureReason: z.nullable(z.string()),
  }),
  z.strictObject({
    ...entry,
    type: z.literal('refusal'),
    event: z.string(),
    code: z.string(),
    message: z.string(),
  }),
  /** An operation was begun, in the process of the host that `session` names. */
  z.strictObject({
    ...entry,
    type: z.literal('operation'),
    operation: z.string(),
    attempt: whole,
    session: z.string(),
  }),
  z.strictObject({ ...entry, type: z.literal('leaseLost'), of: whole }),
]);

/** `at` is milliseconds since 1970, by the clock of the machine that ran the step. */
export type ObjectJournalEntry = z.output<typeof journalEntrySchema>;

export const journalSchema = z.array(journalEntrySchema);
