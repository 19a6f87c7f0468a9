import type { AnyActorScope } from 'xstate';
import { generatedCode } from './generated-code.js';
import { paramsFor, type Assignment, type GuardArgs } from './implementations.js';

/** What an assigner is called with; `spawn` among it. */
interface AssignArgs extends GuardArgs {
  readonly spawn: () => never;
  readonly self: unknown;
  readonly system: unknown;
}

type Assign = (context: object, args: AssignArgs, params: unknown) => object;

/** An assigner that spawns an actor changes more than the context. */
class SpawnRefused extends Error {}

/** An `assign` that copies the context by code made for its keys. */
export class ContextAssigner {
  readonly #assignment: Assignment;
  readonly #params: unknown;
  /** By the keys of a context. Actors of one machine may have them in several orders: some are restored. */
  readonly #byKeys = new Map<string, Assign>();
  #keys: readonly string[] = [];
  #assign: Assign;
  #refusals = 0;

  constructor(assignment: Assignment, params: unknown) {
    this.#assignment = assignment;
    this.#params = params;
    this.#assign = copyingAssign(assignment);
  }

  /** The next context. @throws whatever an assigner throws, and when it spawns */
  apply(context: object, event: GuardArgs['event'], scope: AnyActorScope): object {
    if (!hasKeys(context, this.#keys)) this.#prepareFor(Object.keys(context));
    const args = { context, event, spawn: this.#refuse, self: scope.self, system: scope.system };
    const refusalsBefore = this.#refusals;
    const params = this.#params === undefined ? undefined : paramsFor(this.#params, { context, event });
    const next = this.#assign(context, args, params);
    // One that caught the error has spawned all the same.
    if (this.#refusals !== refusalsBefore) throw new SpawnRefused();
    return next;
  }

  readonly #refuse = (): never => {
    this.#refusals++;
    throw new SpawnRefused();
  };

  #prepareFor(keys: readonly string[]): void {
    const name = JSON.stringify(keys);
    const known = this.#byKeys.get(name);
    this.#keys = keys;
    this.#assign = known ?? generatedAssign(this.#assignment, keys) ?? copyingAssign(this.#assignment);
    if (known === undefined && this.#byKeys.size < MAX_SHAPES) this.#byKeys.set(name, this.#assign);
  }
}

/** Whether an object has these keys and no others, in this order. */
function hasKeys(context: object, keys: readonly string[]): boolean {
  let index = 0;
  for (const key in context) {
    if (key !== keys[index++]) return false;
  }
  return index === keys.length;
}

/** As XState does it, in some 250 ns. */
function copyingAssign(assignment: Assignment): Assign {
  const entries = Object.entries(assignment);
  return (context, args, params) => {
    const changes: Record<string, unknown> = {};
    for (const [key, value] of entries) changes[key] = valueOf(value, args, params);
    return Object.assign({}, context, changes);
  };
}

function valueOf(value: unknown, args: AssignArgs, params: unknown): unknown {
  return typeof value === 'function'
    ? (value as (args: AssignArgs, params: unknown) => unknown)(args, params)
    : value;
}

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
  const values = Object.values(assignment);
  const known = knownCode.get(assignment) ?? new Map<string, Assign | null>();
  knownCode.set(assignment, known);
  const name = JSON.stringify(keys);
  let generated = known.get(name);
  if (generated === undefined) {
    if (known.size >= MAX_SHAPES || keys.length > MAX_KEYS) return null;
    generated = generate(keys, changed, values);
    known.set(name, generated);
  }
  return generated;
}

function generate(
  keys: readonly string[],
  changed: readonly string[],
  values: readonly unknown[],
): Assign | null {
  const functions = values.map((_, index) => `f${index}`).join();
  const declarations = values.map(
    (value, index) => `const v${index} = f${index}${typeof value === 'function' ? '(args, params)' : ''};`,
  );
  const fields = keys.map((key) => {
    const name = JSON.stringify(key);
    return changed.includes(key) ? `${name}: v${changed.indexOf(key)}` : `${name}: context[${name}]`;
  });
  const body = `
    const [${functions}] = values;
    return (context, args, params) => { ${declarations.join(' ')} return { ${fields.join()} }; };`;
  return generatedCode(body, { values }) as Assign | null;
}
