import { InvalidValueError } from 'xstate-agent-lifecycle';
import { MAX_JSON_DEPTH } from '../../../../src/util/json-check.js';

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * Parses JSON that means one thing only. `JSON.parse` takes the last of two fields with one name, rounds integers over
 * 2⁵³, makes numbers over 1.8e308 infinite, and takes halves of surrogate pairs.
 *
 * @param field the name of the whole
 * @throws {InvalidValueError} for what is no JSON, and for what would be read as something else than it says
 */
export function parseExactJson(text: string, field: string): unknown {
  const value = parse(text, field);
  const refuse = (expected: string, received: unknown): never => {
    throw new InvalidValueError({ field, expected, received });
  };
  /** The names of the fields of each object that is open; null for each list. */
  const open: (Set<string> | null)[] = [];
  let isName = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const names = open.at(-1) ?? null;
    switch (token[0]) {
      case '{':
      case '[':
        if (open.push(token === '{' ? new Set() : null) > MAX_JSON_DEPTH) {
          refuse(`JSON of at most ${MAX_JSON_DEPTH} levels`, 'more');
        }
        isName = token === '{';
        break;
      case '}':
      case ']':
        open.pop();
        isName = false;
        break;
      case ',':
        isName = names !== null;
        break;
      case ':':
        isName = false;
        break;
      case '"': {
        const string = JSON.parse(token) as string;
        if (!string.isWellFormed()) refuse('well-formed text', string);
        if (!isName || names === null) break;
        if (string === '__proto__') refuse('fields of other names', string);
        if (names.has(string)) refuse('each field once', string);
        names.add(string);
        break;
      }
      default:
        if (isAltered(token)) refuse('numbers that JavaScript can tell apart, up to 2^53 - 1', token);
    }
  }
  return value;
}

function parse(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidValueError({ field, expected: `JSON (${problem})`, received: text });
  }
}

function isAltered(token: string): boolean {
  if (token === 'true' || token === 'false' || token === 'null') return false;
  const number = Number(token);
  return !Number.isFinite(number) || (/^-?\d+$/.test(token) && !Number.isSafeInteger(number));
}
