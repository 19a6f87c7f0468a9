import { StringDecoder } from 'node:string_decoder';

/** @typedef {'stdout' | 'stderr'} Stream */

/** Characters of a line; a longer one is passed on in parts. */
const MAX_LINE = 8_192;
/** Characters that are passed on of what is printed between two flushes: the host takes them when it can. */
const MAX_CHARACTERS = 256 * 1024;
/** Lines likewise, each of which is a message. */
const MAX_LINES = 1_000;

/** What a plugin prints, made into lines; of too much the rest is dropped, which is told. */
export class PrintedLines {
  #pass;
  /** @type {Record<Stream, { decoder: StringDecoder, rest: string }>} */
  #streams = {
    stdout: { decoder: new StringDecoder('utf8'), rest: '' },
    stderr: { decoder: new StringDecoder('utf8'), rest: '' },
  };
  #characters = 0;
  #lines = 0;

  /** @param {(stream: Stream, line: string) => void} pass */
  constructor(pass) {
    this.#pass = pass;
  }

  /**
   * Takes bytes of a stream, which need not end with a line.
   *
   * @param {Stream} stream
   * @param {Uint8Array} bytes
   */
  write(stream, bytes) {
    const state = this.#streams[stream];
    for (let start = 0; start < bytes.length && this.#hasRoom(); start += MAX_LINE) {
      const part = Buffer.from(
        bytes.buffer,
        bytes.byteOffset + start,
        Math.min(MAX_LINE, bytes.length - start),
      );
      const lines = (state.rest + state.decoder.write(part)).split('\n');
      state.rest = lines.pop() ?? '';
      for (const line of lines) this.#print(stream, line);
      while (state.rest.length > MAX_LINE) {
        this.#print(stream, state.rest.slice(0, MAX_LINE));
        state.rest = state.rest.slice(MAX_LINE);
      }
    }
  }

  /**
   * Takes a message, which is whole.
   *
   * @param {Stream} stream
   * @param {string} text
   */
  log(stream, text) {
    this.#flush(stream);
    for (const line of text.slice(0, MAX_CHARACTERS).replace(/\n$/, '').split('\n')) {
      if (!this.#hasRoom()) return;
      this.#print(stream, line);
    }
  }

  /** Passes on lines without an end, and begins to count anew. */
  flush() {
    this.#flush('stdout');
    this.#flush('stderr');
    this.#characters = 0;
    this.#lines = 0;
  }

  /** @param {Stream} stream */
  #flush(stream) {
    const state = this.#streams[stream];
    const rest = state.rest + state.decoder.end();
    state.rest = '';
    if (rest !== '') this.#print(stream, rest);
  }

  #hasRoom() {
    return this.#lines <= MAX_LINES;
  }

  /** @type {(stream: Stream, line: string) => void} */
  #print(stream, line) {
    if (!this.#hasRoom()) return;
    this.#lines += 1;
    this.#characters += line.length;
    if (this.#lines > MAX_LINES || this.#characters > MAX_CHARACTERS) {
      this.#lines = MAX_LINES + 1;
      this.#pass('stderr', '(it printed too much in one call: the rest is left out)');
      return;
    }
    this.#pass(stream, line.replace(/\r$/, ''));
  }
}
