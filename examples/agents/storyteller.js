// An agent for the driver of worker threads that streams, as a language model does: so many words of a story, as its
// payload says. It hands its requests over where it is, so that the next version, or a later call, goes on with them.

import { setTimeout as pause } from 'node:timers/promises';

export const STORY = `Once upon a time there was a lighthouse that nobody had seen by day. At night its light went round and round,
and the ships knew where the rocks were. One evening the keeper grew tired and lay down to sleep. A new keeper climbed the
stairs, and took the lamp out of his hand. The light went on turning. Out at sea nobody noticed.`.split(/\s+/);

/** Milliseconds between two words: the 50 that it tells by default take 15 seconds, and 200 a minute. */
const PAUSE = 300;
const decoder = new TextDecoder();

export async function* handle(payload, { draining, resume, handOver }) {
  const words = wordsIn(payload);
  for (let at = resume?.at ?? 0; at < words; at++) {
    if (at > 0) await pause(PAUSE);
    if (draining.aborted) return handOver({ at });
    yield `${at === 0 ? '' : ' '}${STORY[at % STORY.length]}`;
  }
}

/** Over HTTP the number comes as bytes, unless it is said to be a text, or JSON. */
function wordsIn(payload) {
  const words = Number(payload instanceof Uint8Array ? decoder.decode(payload) : payload);
  return words > 0 ? words : 50;
}
