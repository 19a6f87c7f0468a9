import { generatedCode } from './generated-code.js';
import type { Assignment, GuardArgs } from './implementations.js';

/** What an assigner is called with. */
export interface AssignArgs extends GuardArgs {
  readonly spawn: unknown;
  readonly self: unknown;
  readonly system: unknown;
}

type Assign = (args: AssignArgs, params: unknown) => object;

/** The keys of a context, in their order: contexts with the same ones have the same list. */
export type ContextKeys = readonly string[];

/** An `assign` that copies the context by code made for its keys. */
export class ContextAssigner {
  readonly #assignment: Assignment;
  /** By the keys of a context. Actors of one machine may have them in several orders: some are restored. */
  readonly #byKeys = new Map<ContextKeys, Assign>();
  #keys: ContextKeys | null = null;
  #assign: Assign;

  constructor(assignment: Assignment) {
    this.#assignment = assignment;
    this.#assign = copyingAssign(assignment);
  }

  /** The next context. @param keys those of the context @throws whatever an assigner throws */
  apply(args: AssignArgs, params: unknown, keys: ContextKeys): object {
    if (keys !== this.#keys) this.#prepareFor(keys);
    return this.#assign(args, params);
  }

  #prepareFor(keys: ContextKeys): void {
    this.#keys = keys;
    const known = this.#byKeys.get(keys);
    this.#assign = known ?? generatedAssign(this.#assignment, keys) ?? copyingAssign(this.#assignment);
    if (known === undefined && this.#byKeys.size < MAX_SHAPES) this.#byKeys.set(keys, this.#assign);
  }
}

export function keysOf(context: unknown): ContextKeys {
  if (typeof context !== 'object' || context === null) return NO_KEYS;
  if (hasKeys(context, lastKeys)) return lastKeys;
  const keys = Object.keys(context);
  const name = JSON.stringify(keys);
  lastKeys = knownKeys.get(name) ?? keys;
  if (knownKeys.size < MAX_KNOWN_KEYS) knownKeys.set(name, lastKeys);
  return lastKeys;
}

const NO_KEYS: ContextKeys = [];
/** Beyond these each context has a list of its own: it is copied as XState copies it. */
const MAX_KNOWN_KEYS = 1_000;
const knownKeys = new Map<string, ContextKeys>();
let lastKeys = NO_KEYS;

/** Whether an object has these keys and no others, in this order. */
function hasKeys(context: object, keys: ContextKeys): boolean {
  let index = 0;
  for (const key in context) {
    if (key !== keys[index++]) return false;
  }
  return index === keys.length;
}

/** As XState does it, in some 250 ns. */
function copyingAssign(assignment: Assignment): Assign {
  return (args, params) => {
    const changes: Record<string, unknown> = {};
    for (const key of Object.keys(assignment)) {
      const value = assignment[key];
      changes[key] = typeof value === 'function' ? (value as Assigner)(args, params) : value;
    }
    return Object.assign({}, args.context, changes);
  };
}

type Assigner = (args: AssignArgs, params: unknown) => unknown;

/** A machine whose contexts have their keys in more ways than that keeps data there: code would be made without end. */
const MAX_SHAPES = 8;
const MAX_KEYS = 64;

/**
 * Code is made once for an assignment and the keys of a context, whichever machines have it. It knows nothing else of
 * them; but what an engine learns of the functions that are called there is learned of these alone.
 */
const knownCode = new WeakMap<Assignment, Map<string, Assign | null>>();

/**
 * An object literal of all keys, which an engine makes in some 15 ns. Null where an environment forbids to make code
 * of strings, and for what a literal does not copy as `Object.assign` does.
 */
function generatedAssign(assignment: Assignment, keys: readonly string[]): Assign | null {
  const changed = Object.keys(assignment);
  if (keys.includes('__proto__') || !changed.every((key) => keys.includes(key))) return null;
  const known = knownCode.get(assignment) ?? new Map<string, Assign | null>();
  knownCode.set(assignment, known);
  const name = JSON.stringify(keys);
  let generated = known.get(name);
  if (generated === undefined) {
    if (known.size >= MAX_SHAPES || keys.length > MAX_KEYS) return null;
    generated = generate(keys, changed, assignment);
    known.set(name, generated);
  }
  return generated;
}

function generate(
  keys: readonly string[],
  changed: readonly string[],
  assignment: Assignment,
): Assign | null {
  const declarations = changed.map((key, at) => {
    const value = `assignment[${JSON.stringify(key)}]`;
    return `const a${at} = ${value}, v${at} = typeof a${at} === 'function' ? a${at}(args, params) : a${at};`;
  });
  const fields = keys.map((key) => {
    const name = JSON.stringify(key);
    // `Object.assign` reads what it then overwrites, too: it may be a getter.
    const at = changed.indexOf(key);
    return `${name}: ${at === -1 ? `context[${name}]` : `(context[${name}], v${at})`}`;
  });
  const changes = changed.map((key, at) => `${JSON.stringify(key)}: v${at}`);
  // Somebody may have put more into the context in its place.
  const body = `
    return (args, params) => {
      const { context } = args;
      ${declarations.join(' ')}
      let count = 0;
      for (const key in context) count++;
      if (count !== ${keys.length}) return Object.assign({}, context, { ${changes.join()} });
      return { ${fields.join()} };
    };`;
  return generatedCode(body, { assignment }) as Assign | null;
}
