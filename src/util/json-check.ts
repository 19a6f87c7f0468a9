/** Levels of lists and objects within each other: what reads JSON elsewhere takes no more, and often less. */
export const MAX_JSON_DEPTH = 1_000;

/** What a value has that JSON does not carry. */
export interface NotJson {
  /** Where it is: `answer.items.3`. */
  readonly field: string;
  readonly expected: string;
  readonly received: unknown;
}

export interface JsonCheckOptions {
  /** Whether an object may say by `toJSON` what stands for it, as a `Date` does. Default: false. */
  readonly toJson?: boolean;
  /** The most characters that its text may have, roughly. What is shared within a value counts each time. Default: no limit. */
  readonly maxSize?: number;
}

/** Characters that each value costs, beside those of a text. */
const COST = 8;

/**
 * Finds the first part of a value that would be another once it was written as JSON and read again. A field of an
 * object that is undefined is as good as one that is not there.
 *
 * @param field the name of the whole
 * @returns null where there is none
 * @throws what a getter, a proxy or a `toJSON` of the value throws
 */
export function firstNotJson(
  value: unknown,
  field: string,
  { toJson = false, maxSize = Infinity }: JsonCheckOptions = {},
): NotJson | null {
  let size = 0;
  let deepest = 0;
  const within = new Set<object>();
  const measured = new Map<object, { readonly size: number; readonly height: number }>();

  const look = (given: unknown, at: Place): NotJson | null => {
    const each = toJson ? standIn(given, at.key) : given;
    size += COST + (typeof each === 'string' ? each.length : 0);
    if (size > maxSize) return found(at, `at most ${maxSize} characters of JSON`, given);
    if (each === null || typeof each === 'string' || typeof each === 'boolean') return null;
    if (Number.isFinite(each)) return null;
    if (typeof each !== 'object' || !(Array.isArray(each) || isPlain(each))) return found(at, 'JSON', each);
    if (within.has(each)) return found(at, 'JSON', each);
    // What is shared is looked at once, however often it is written out.
    const known = measured.get(each);
    const depth = within.size + 1;
    if (depth + (known?.height ?? 0) > MAX_JSON_DEPTH) {
      return found(at, `JSON of at most ${MAX_JSON_DEPTH} levels`, each);
    }
    if (known !== undefined) {
      size += known.size;
      deepest = Math.max(deepest, depth + known.height);
      return size > maxSize ? found(at, `at most ${maxSize} characters of JSON`, given) : null;
    }
    const [sizeBefore, deepestBefore] = [size, deepest];
    deepest = depth;
    within.add(each);
    const problem = Array.isArray(each) ? lookAtList(each, at) : lookAtObject(each, at);
    within.delete(each);
    measured.set(each, { size: size - sizeBefore, height: deepest - depth });
    deepest = Math.max(deepest, deepestBefore);
    return problem;
  };

  const lookAtList = (list: readonly unknown[], within: Place): NotJson | null => {
    // Not its entries: a hole is null once it is read again.
    for (let index = 0; index < list.length; index++) {
      const problem = look(list[index], { key: String(index), within });
      if (problem !== null) return problem;
    }
    return null;
  };

  const lookAtObject = (object: object, within: Place): NotJson | null => {
    for (const [key, each] of Object.entries(object)) {
      size += key.length;
      const problem = each === undefined ? null : look(each, { key, within });
      if (problem !== null) return problem;
    }
    return null;
  };

  return look(value, { key: field, within: null });
}

/** Written out where something is wrong, and not before. */
interface Place {
  readonly key: string;
  readonly within: Place | null;
}

function found(at: Place, expected: string, received: unknown): NotJson {
  const path: string[] = [];
  for (let place: Place | null = at; place !== null; place = place.within) path.unshift(place.key);
  const shown = path.length <= MAX_SHOWN ? path : [...path.slice(0, MAX_SHOWN), '…'];
  return { field: shown.join('.'), expected, received };
}

const MAX_SHOWN = 20;

function standIn(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? (toJSON.call(value, key) as unknown) : value;
}

/** Of this realm or another. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value) as object | null;
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
