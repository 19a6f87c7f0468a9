import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { DriverDeployment } from '../../host/agent-driver.js';
import { OutputLines } from './output-lines.js';

/** Characters of a line that is no message which are passed on. */
const MAX_LINE = 8_192;
const MAX_SHOWN = 200;

/** Passes on the text of a stream, a line at a time. A long line comes in parts; empty lines are skipped. */
export function passOn(stream: Readable, onText: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  const lines = new OutputLines((line) => {
    const text = line.replace(/\r$/, '');
    if (text !== '') onText(text);
  });
  stream.on('data', (data: Buffer) => {
    lines.push(decoder.write(data));
  });
  stream.once('close', () => {
    lines.push(decoder.end());
    lines.end();
  });
}

/**
 * The lines of a child's stdout that are no messages. They are passed on as output, and counted: the 1st, 10th,
 * 100th and so on are reported in a notice.
 */
export class Noise {
  readonly #deployment: Pick<DriverDeployment, 'notice' | 'output'>;
  #lines = 0;
  #nextNotice = 1;

  constructor(deployment: Pick<DriverDeployment, 'notice' | 'output'>) {
    this.#deployment = deployment;
  }

  skip(line: Buffer): void {
    // No more of it than is shown: it may be as long as a message.
    const text = line.toString('utf8', 0, MAX_LINE).replace(/\r$/, '');
    this.#lines += 1;
    if (text.trim() !== '') this.#deployment.output('stdout', text);
    if (this.#lines < this.#nextNotice) return;
    this.#nextNotice *= 10;
    const lines = this.#lines === 1 ? '1 line' : `${this.#lines} lines`;
    const last = JSON.stringify(text.slice(0, MAX_SHOWN));
    this.#deployment.notice(`Skipped ${lines} on stdout: no message. The last: ${last}`);
  }
}

/** Keeps the end of a stream of bytes, which may be endless. */
export class Tail {
  readonly #limit: number;
  #bytes: Buffer = Buffer.alloc(0);

  /** @param limit bytes that are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  append(data: Buffer): void {
    const whole = Buffer.concat([this.#bytes, data]);
    this.#bytes = whole.subarray(Math.max(0, whole.length - this.#limit));
  }

  /** What was kept, as text; it may begin in the middle of a character. */
  get text(): string {
    return this.#bytes.toString('utf8');
  }
}
