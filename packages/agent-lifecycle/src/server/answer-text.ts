import { InvalidValueError, RequestError } from 'xstate-agent-lifecycle';
import { firstNotJson } from '../../../../src/util/json-check.js';

/** Characters, roughly: what is shared within a value counts each time, so that a small one cannot become a huge text. */
const MAX_JSON_SIZE = 64 * 1024 * 1024;

/**
 * The JSON of an answer, or of a chunk of one.
 *
 * @throws {RequestError} `AnswerNotJson` for what JSON would carry otherwise, or not at all
 */
export function answerText(agent: string, answer: unknown): string {
  try {
    const found = firstNotJson(answer, 'answer', { toJson: true, maxSize: MAX_JSON_SIZE });
    if (found !== null) throw new InvalidValueError(found);
    return JSON.stringify(answer);
  } catch (cause) {
    throw new RequestError('AnswerNotJson', agent, { cause });
  }
}
