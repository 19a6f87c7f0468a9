/** Methods that walk over a list. */
const WALKS = [
  'every',
  'filter',
  'find',
  'findIndex',
  'findLast',
  'flatMap',
  'forEach',
  'includes',
  'indexOf',
  'map',
  'reduce',
  'slice',
  'some',
  'sort',
  'toSorted',
] as const;

type Method = (this: { length: number }, ...args: unknown[]) => unknown;

/**
 * Counts how many elements of lists, maps and sets are walked over while something is done, by whomever: what it costs,
 * on any machine.
 */
export async function stepsOf(work: () => unknown): Promise<number> {
  let steps = 0;
  const undo: (() => void)[] = [];
  const replace = (owner: object, name: string, made: (original: Method) => Method) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
    Object.defineProperty(owner, name, { ...descriptor, value: made(descriptor.value as Method) });
    undo.push(() => Object.defineProperty(owner, name, descriptor));
  };
  for (const name of WALKS) {
    replace(Array.prototype, name, (original) => {
      return function (this, ...args) {
        steps += this.length;
        return original.apply(this, args);
      };
    });
  }
  for (const walked of [[], new Map(), new Set()]) {
    replace(Object.getPrototypeOf(walked[Symbol.iterator]()) as object, 'next', (original) => {
      return function (this, ...args) {
        steps++;
        return original.apply(this, args);
      };
    });
  }
  try {
    await work();
  } finally {
    for (const each of undo) each();
  }
  return steps;
}
