import type { Readable } from 'node:stream';
import { textIn } from './utf8-text.js';

const NEWLINE = 10;

/** Who hears the lines of a stream. After `onNonsense` nothing more is heard. */
export interface LineListener {
  readonly onLine: (line: string) => void;
  /** Told of a line that is too long, or no UTF-8. */
  readonly onNonsense: (detail: string) => void;
}

/** @param maxLine bytes of a line, its end not counted */
export function readLines(stream: Readable, maxLine: number, { onLine, onNonsense }: LineListener): void {
  let pieces: Buffer[] = [];
  let length = 0;

  const refuse = (detail: string): void => {
    stream.off('data', onData);
    // What it still says must not keep it from ending.
    stream.resume();
    pieces = [];
    onNonsense(detail);
  };
  const onData = (data: Buffer): void => {
    for (let rest = data; rest.length > 0;) {
      const end = rest.indexOf(NEWLINE);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      pieces.push(piece);
      length += piece.length;
      if (length > maxLine) {
        refuse(`a line of more than ${maxLine} bytes`);
        return;
      }
      if (end < 0) return;
      const line = textIn(Buffer.concat(pieces));
      if (line === null) {
        refuse('a line that is no UTF-8');
        return;
      }
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
      onLine(line);
    }
  };
  stream.on('data', onData);
}
