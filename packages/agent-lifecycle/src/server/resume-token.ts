import type { Context } from 'hono';
import { InvalidValueError, type JsonValue } from 'xstate-agent-lifecycle';

/** Bytes of the header `Agent-Resume`. */
const MAX_TOKEN = 8_192;

/** The token that a caller brings back; undefined where it brings none. @throws {InvalidValueError} */
export function resumeIn(c: Context): unknown {
  const header = c.req.header('agent-resume');
  if (header === undefined) return undefined;
  const refuse = (expected: string) =>
    new InvalidValueError({ field: 'Agent-Resume', expected, received: header });
  if (header.length > MAX_TOKEN) throw refuse(`at most ${MAX_TOKEN} bytes`);
  if (/[^\t\x20-\x7e]/.test(header)) throw refuse('JSON in ASCII, with \\u escapes');
  try {
    return JSON.parse(header) as unknown;
  } catch {
    throw refuse('JSON');
  }
}

interface Told {
  readonly message: string;
  readonly token?: JsonValue | undefined;
}

/** What a caller is told of an error with its token. One that no header could bring back is left out, and that is said. */
export function tokenFields({ message, token }: Told): Told {
  if (token === undefined) return { message };
  const bytes = bytesInAscii(JSON.stringify(token));
  if (bytes <= MAX_TOKEN) return { message, token };
  const refusal = `its token takes ${bytes} bytes as Agent-Resume, expected at most ${MAX_TOKEN}`;
  return { message: `${message}. It has no way over HTTP: ${refusal}` };
}

/** Whatever is not in ASCII is `\u` and four digits there. */
function bytesInAscii(json: string): number {
  return json.length + 5 * (json.match(/[^\x20-\x7e]/g)?.length ?? 0);
}
