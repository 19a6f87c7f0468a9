import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { DriverDeployment } from '../../host/agent-driver.js';

/** Characters of a piece of output; in UTF-16 they are twice as many units at most, which is what a host takes. */
const PIECES = /.{1,4096}/gsu;
const MAX_REST = 8_192;
const MAX_SHOWN = 200;

/** Passes on what a stream says, a line at a time. A long line comes in pieces, an empty one not at all. */
export function passOn(stream: Readable, onText: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const pass = (line: string): void => {
    for (const piece of line.replace(/\r$/, '').match(PIECES) ?? []) onText(piece);
  };
  stream.on('data', (data: Buffer) => {
    const lines = (rest + decoder.write(data)).split('\n');
    rest = lines.pop() as string;
    lines.forEach(pass);
    if (rest.length < MAX_REST) return;
    pass(rest);
    rest = '';
  });
  stream.once('close', () => {
    pass(rest + decoder.end());
  });
}

/**
 * The lines of a child's stdout that are no messages. They are passed on as output, and counted: the 1st, 10th,
 * 100th and so on are told in a notice.
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
    const text = line.toString('utf8', 0, MAX_REST).replace(/\r$/, '');
    this.#lines += 1;
    if (text.trim() !== '') this.#deployment.output('stdout', text);
    if (this.#lines < this.#nextNotice) return;
    this.#nextNotice *= 10;
    const lines = this.#lines === 1 ? '1 line' : `${this.#lines} lines`;
    const last = JSON.stringify(text.slice(0, MAX_SHOWN));
    this.#deployment.notice(`Skipped ${lines} on stdout: no message. The last: ${last}`);
  }
}
