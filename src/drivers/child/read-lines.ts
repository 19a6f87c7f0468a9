import type { Readable } from 'node:stream';

const NEWLINE = 10;
/** A line of so many pieces is joined before its end: small ones take more memory than their bytes. */
const MAX_PIECES = 1_024;

/** Receives the lines of a stream. After `onTooLong` nothing more is received. */
export interface LineListener {
  /** @param line its bytes, without the newline */
  readonly onLine: (line: Buffer) => void;
  readonly onTooLong: (detail: string) => void;
}

/** @param maxLine bytes of a line, its end not counted */
export function readLines(stream: Readable, maxLine: number, { onLine, onTooLong }: LineListener): void {
  let pieces: Buffer[] = [];
  let length = 0;

  const onData = (data: Buffer): void => {
    for (let rest = data; rest.length > 0;) {
      const end = rest.indexOf(NEWLINE);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      pieces.push(piece);
      length += piece.length;
      if (length > maxLine) {
        stream.off('data', onData);
        // What it still says must not keep it from ending.
        stream.resume();
        pieces = [];
        onTooLong(`a line of more than ${maxLine} bytes`);
        return;
      }
      if (pieces.length === MAX_PIECES) pieces = [Buffer.concat(pieces)];
      if (end < 0) return;
      const line = Buffer.concat(pieces);
      pieces = [];
      length = 0;
      rest = rest.subarray(end + 1);
      onLine(line);
    }
  };
  stream.on('data', onData);
}
