// It is JavaScript because an agent's worker loads it, too, also where TypeScript sources run.
import { types } from 'node:util';

/** Roughly what a value costs beside its characters, bytes and parts. */
const OVERHEAD = 16;
/** Objects that may be visited twice: to tell those that were is half of the work. */
const FEW = 1_000;

/**
 * Roughly how many bytes a value takes as a structured clone.
 *
 * @param {unknown} value
 * @returns {number}
 * @throws {DOMException} a `DataCloneError` for what has no clone, and for what a clone would lose or share: an object
 *   of a class, which would arrive without its methods and private fields, and a `SharedArrayBuffer`
 */
export function sizeOfClone(value) {
  if (typeof value === 'string') return OVERHEAD + 2 * value.length;
  if (typeof value !== 'object' || value === null) return sizeOfPrimitive(value);
  return sizeOfFew(value) ?? sizeOfMany(value);
}

/** Null for what has more objects than a few, as what goes in a circle has. @param {object} root */
function sizeOfFew(root) {
  const objects = [root];
  let size = 0;
  const add = (/** @type {unknown} */ part) => {
    if (typeof part === 'object' && part !== null) objects.push(part);
    else size += sizeOfPrimitive(part);
  };
  // Those that are added meanwhile are visited, too.
  for (const object of objects) {
    if (objects.length > FEW) return null;
    const own = sizeOfObject(object, add);
    size += own;
  }
  return size;
}

/** @param {object} root */
function sizeOfMany(root) {
  const objects = new Set([root]);
  let size = 0;
  const add = (/** @type {unknown} */ part) => {
    if (typeof part === 'object' && part !== null) objects.add(part);
    else size += sizeOfPrimitive(part);
  };
  // Each once.
  for (const object of objects) {
    // By itself: what is added meanwhile is in the sum.
    const own = sizeOfObject(object, add);
    size += own;
  }
  return size;
}

/**
 * Bytes without those around them: a clone of a view has the whole buffer behind it, and Node's small buffers share one.
 *
 * @param {unknown} value
 */
export function ownBytes(value) {
  if (!types.isUint8Array(value) || value.byteLength === value.buffer.byteLength) return value;
  return new Uint8Array(value);
}

/** @param {unknown} value */
function sizeOfPrimitive(value) {
  switch (typeof value) {
    case 'string':
      return OVERHEAD + 2 * value.length;
    case 'function':
      throw refusal(`a function${value.name && ` ${value.name}`} has no clone`);
    case 'symbol':
      throw refusal(`${String(value)} has no clone`);
    default:
      return OVERHEAD;
  }
}

/**
 * What an object takes without its parts, which `add` is given.
 *
 * @type {(object: object, add: (part: unknown) => void) => number}
 */
function sizeOfObject(object, add) {
  if (Array.isArray(object)) {
    for (const part of Object.values(/** @type {unknown[]} */ (object))) add(part);
    return OVERHEAD;
  }
  if (isPlain(object)) return sizeOfFields(object, add);
  if (types.isArrayBufferView(object)) {
    add(object.buffer);
    return OVERHEAD;
  }
  if (types.isSharedArrayBuffer(object)) {
    throw refusal('a SharedArrayBuffer would be shared, expected an ArrayBuffer');
  }
  if (types.isArrayBuffer(object)) return OVERHEAD + object.byteLength;
  if (types.isMap(object)) {
    object.forEach((part, key) => {
      add(key);
      add(part);
    });
    return OVERHEAD;
  }
  if (types.isSet(object)) {
    object.forEach(add);
    return OVERHEAD;
  }
  if (!isBuiltIn(object)) assertKeepsClass(object);
  return OVERHEAD;
}

/** @type {(object: object, add: (part: unknown) => void) => number} */
function sizeOfFields(object, add) {
  let size = OVERHEAD;
  for (const key of Object.keys(object)) {
    size += 2 * key.length;
    add(/** @type {Record<string, unknown>} */ (object)[key]);
  }
  return size;
}

/** @param {string} message */
function refusal(message) {
  return new DOMException(message, 'DataCloneError');
}

/** In whatever realm it was made. @param {object} object */
function isPlain(object) {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- an object, or null
  const prototype = /** @type {object | null} */ (Object.getPrototypeOf(object));
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** @param {object} object */
function isBuiltIn(object) {
  return (
    types.isDate(object) ||
    types.isRegExp(object) ||
    types.isNativeError(object) ||
    types.isBoxedPrimitive(object)
  );
}

/**
 * Node has classes whose objects it clones, such as KeyObject and Blob; of all others a plain object is left.
 *
 * @param {object} object
 */
function assertKeepsClass(object) {
  const clone = /** @type {object} */ (structuredClone(object));
  if (!isPlain(clone)) return;
  const { name } = object.constructor;
  throw refusal(`an object of the class ${name} would lose its class, expected a plain object`);
}
