import * as z from 'zod';
import { textIn } from '../../util/utf8-text.js';

/** JSON has no undefined: a field that is there has a value. */
const present = z.custom<unknown>((value) => value !== undefined);

const messageSchema = z.union([
  z.strictObject({ id: z.int(), chunk: present }),
  z.strictObject({ id: z.int(), progress: present }),
  z.strictObject({ id: z.int(), ok: z.literal(true), handOver: present }),
  z.strictObject({ id: z.int(), ok: z.literal(true), value: z.unknown().optional() }),
  z.strictObject({
    id: z.int(),
    ok: z.literal(false),
    error: z.strictObject({ message: z.string(), code: z.string().optional() }),
  }),
]);

/** What a child says: a chunk of an answer, progress, or how a question ends. */
export type ChildMessage = z.output<typeof messageSchema>;

const BYTE_ORDER_MARK = /^\uFEFF/;
/** How a line begins that was to be a message, though it is no JSON. */
const MESSAGE_BEGINS = /^\s*\{\s*"(?:id|ok)"\s*:/;
const MAX_SHOWN = 200;

/** The message in a line; `malformed` where it is none that claims to be one. */
export function childMessageIn(line: Buffer): ChildMessage | 'malformed' | 'noise' {
  const text = textIn(line)?.replace(BYTE_ORDER_MARK, '');
  try {
    const value: unknown = JSON.parse(text ?? '');
    const parsed = messageSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    return claimsToBeMessage(value) ? 'malformed' : 'noise';
  } catch {
    return MESSAGE_BEGINS.test(text ?? line.toString('utf8', 0, MAX_SHOWN)) ? 'malformed' : 'noise';
  }
}

/** What a child said, cut to a readable length. */
export function shownLine(line: Buffer): string {
  return JSON.stringify(line.toString('utf8').slice(0, MAX_SHOWN));
}

function claimsToBeMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'ok' in value || ('id' in value && typeof value.id === 'number');
}
