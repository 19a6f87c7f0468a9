// Rounds of several contenders, interleaved, so that what else the machine does strikes all of them alike.

/**
 * @typedef {{ median: number, spread: number, rounds: readonly number[] }} Measured spread: half the distance of the
 * quartiles, over the median
 */

export const ROUNDS = 9;

/**
 * What one operation of each contender takes, in nanoseconds.
 * @template {string} Name
 * @param {Record<Name, { operations: number, run: (operations: number) => unknown }>} contenders
 * @returns {Record<Name, Measured>}
 */
export function interleaved(contenders) {
  const entries = Object.entries(contenders);
  const measures = entries.map(([name, { operations, run }]) => {
    const measure = () => {
      const begun = process.hrtime.bigint();
      run(operations);
      return Number(process.hrtime.bigint() - begun) / operations;
    };
    return [name, measure];
  });
  return inTurns(/** @type {Record<Name, () => number>} */ (Object.fromEntries(measures)), ROUNDS);
}

/**
 * Measures each contender once a round, in every other one from the last to the first: none has always the same before
 * it, and with that what it has left.
 * @template {string} Name
 * @param {Record<Name, () => number>} measures
 * @param {number} rounds
 * @returns {Record<Name, Measured>}
 */
export function inTurns(measures, rounds) {
  const names = /** @type {Name[]} */ (Object.keys(measures));
  /** @type {Map<Name, number[]>} */
  const samples = new Map(names.map((name) => [name, []]));
  // The first round is for the engine to learn.
  for (let round = -1; round < rounds; round++) {
    // Once a round: of what has not run for a few collections, an engine throws the code away.
    globalThis.gc?.();
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const taken = measures[name]();
      if (round >= 0) samples.get(name)?.push(taken);
    }
  }
  return /** @type {Record<Name, Measured>} */ (
    Object.fromEntries(names.map((name) => [name, summary(samples.get(name) ?? [])]))
  );
}

/** @param {number[]} values @returns {Measured} */
export function summary(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (/** @type {number} */ part) => sorted[Math.round(part * (sorted.length - 1))] ?? Number.NaN;
  return { median: at(0.5), spread: (at(0.75) - at(0.25)) / 2 / at(0.5), rounds: values };
}

/**
 * How many times as much the one takes as the other. Of what took turns, each round is held against its neighbour: what
 * else the machine did struck both.
 *
 * @param {Measured | number | undefined} one @param {Measured | number | undefined} other
 */
export function ratioOf(one, other) {
  if (typeof one === 'object' && typeof other === 'object' && one.rounds.length === other.rounds.length) {
    return summary(one.rounds.map((taken, round) => taken / Number(other.rounds[round]))).median;
  }
  return medianOf(one) / medianOf(other);
}

/** @param {Measured | number | undefined} found */
export function medianOf(found) {
  return typeof found === 'object' ? found.median : (found ?? Number.NaN);
}

/**
 * Bytes that each of many things takes, once all else is collected.
 * @param {number} count
 * @param {(index: number) => unknown} make
 */
export function bytesOf(count, make) {
  const before = bytesInUse();
  const kept = Array.from({ length: count }, (_, index) => make(index));
  const taken = bytesInUse() - before;
  return kept.length === count ? taken / count : Number.NaN;
}

export function bytesInUse() {
  if (globalThis.gc === undefined) throw new Error('To be run with --expose-gc');
  for (let times = 0; times < 3; times++) globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
