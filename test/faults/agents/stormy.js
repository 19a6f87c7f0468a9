// Answers requests in whatever way their payloads say. It runs in the host's process, in a worker and as a process.

/**
 * @typedef {object} Work What a request asks for.
 * @property {number} id
 * @property {'value' | 'stream' | 'crash' | 'finish' | 'made'} type that of how many chunks each request has made is `made`
 * @property {number} count steps of it; those of a stream are its chunks, numbered from 0
 * @property {number} delay milliseconds before its stream is answered
 * @property {number} pace milliseconds before each step; 0 for none
 * @property {'done' | 'returns' | 'throws' | 'hangs'} end what comes after the last step
 * @property {'goesOn' | 'handsOver' | 'throws'} onDrain
 * @property {number | null} handsOverAt the step before which it hands over, whether or not its agent drains
 * @property {boolean} hears whether it ends when its signal is aborted
 * @property {'now' | 'later' | 'throws' | 'hangs'} cleanup how its generator ends
 * @property {boolean} progress whether it gives a sign of life with each step
 * @property {number} [size] characters of a chunk beside its number
 */

/** @typedef {{ readonly id: number, readonly at: number, readonly from: number }} Token */

/**
 * @typedef {object} Call
 * @property {AbortSignal} signal
 * @property {AbortSignal} draining
 * @property {number} generation
 * @property {unknown} resume
 * @property {(value?: unknown) => void} progress
 * @property {(token: Token) => unknown} handOver
 */

/** @typedef {(milliseconds: number, signals: readonly AbortSignal[]) => Promise<void>} Sleep */

/**
 * @param {{ readonly sleep: Sleep, readonly onCleanup?: (work: Work, call: Call) => void }} options
 * @returns {(work: Work, call: Call) => unknown}
 */
export function createStormyHandle({ sleep, onCleanup = () => undefined }) {
  /** Chunks, by the requests. @type {Map<number, number>} */
  const made = new Map();

  /** @param {Work} work @param {Call} call */
  const pause = (work, call) =>
    sleep(work.pace, [
      ...(work.hears ? [call.signal] : []),
      ...(work.onDrain === 'goesOn' ? [] : [call.draining]),
    ]);

  /** @param {Work} work @param {Call} call @param {number} at @returns {unknown} what it hands over, or undefined */
  const handedOverAt = (work, call, at) => {
    if (work.onDrain !== 'goesOn' && call.draining.aborted) {
      if (work.onDrain === 'throws') throw new Error('It drains');
      return call.handOver({ id: work.id, at, from: call.generation });
    }
    const isFirst = /** @type {Token | undefined} */ (call.resume)?.at !== at;
    if (work.handsOverAt !== at || !isFirst) return undefined;
    return call.handOver({ id: work.id, at, from: call.generation });
  };

  /** @param {Work} work @param {Call} call */
  const finish = async (work, call) => {
    if (work.end === 'throws') throw new Error('It fails');
    if (work.end !== 'hangs') return work.end === 'returns' ? { id: work.id, at: work.count } : undefined;
    await sleep(Infinity, work.hears ? [call.signal] : []);
    throw /** @type {Error} */ (call.signal.reason);
  };

  /** @param {Work} work @param {Call} call */
  const cleanUp = async (work, call) => {
    if (work.cleanup === 'later') await new Promise((resolve) => setImmediate(resolve));
    if (work.cleanup === 'hangs') await sleep(Infinity, []);
    onCleanup(work, call);
    if (work.cleanup === 'throws') throw new Error('It does not end well');
  };

  /** @param {Work} work @param {Call} call */
  async function* steps(work, call) {
    let at = /** @type {Token | undefined} */ (call.resume)?.at ?? 0;
    for (; at < work.count; at++) {
      const before = handedOverAt(work, call, at);
      if (before !== undefined) return before;
      if (work.progress) call.progress(at);
      if (work.pace > 0) await pause(work, call);
      if (work.hears && call.signal.aborted) throw /** @type {Error} */ (call.signal.reason);
      const after = handedOverAt(work, call, at);
      if (after !== undefined) return after;
      made.set(work.id, (made.get(work.id) ?? 0) + 1);
      yield { id: work.id, at, text: 'x'.repeat(work.size ?? 0) };
    }
    return finish(work, call);
  }

  /** @param {Work} work @param {Call} call */
  async function* stream(work, call) {
    try {
      return yield* steps(work, call);
    } finally {
      await cleanUp(work, call);
    }
  }

  /** @param {Work} work @param {Call} call */
  async function value(work, call) {
    const all = steps(work, call);
    for (;;) {
      const step = await all.next();
      if (step.done !== true) continue;
      return step.value ?? { id: work.id, at: work.count };
    }
  }

  /** @param {Work} work @param {Call} call */
  async function streamLater(work, call) {
    await sleep(work.delay, []);
    return stream(work, call);
  }

  return (work, call) => {
    if (work.type === 'crash') process.exit(1);
    if (work.type === 'finish') process.exit(0);
    if (work.type === 'made') return Object.fromEntries(made);
    if (work.type === 'value') return value(work, call);
    return work.delay === 0 ? stream(work, call) : streamLater(work, call);
  };
}
